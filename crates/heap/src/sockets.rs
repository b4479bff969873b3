//! The states of a process's own TCP sockets.
//!
//! The state of each socket is read separately. The system's list, `/proc/net/tcp`,
//! also has the connections of every other process and thousands that are closed
//! already. A workload that opens connections makes it longer with each round, until
//! reading it takes longer than the round.

#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "a socket's state is only available from C")
)]

use std::collections::BTreeMap;

/// How many TCP sockets are in each state, by the names that people search for;
/// nothing where the system is not Linux.
#[cfg(target_os = "linux")]
pub(crate) fn by_state() -> Option<BTreeMap<String, u64>> {
    let mut states = BTreeMap::new();
    for entry in std::fs::read_dir("/proc/self/fd").ok()?.flatten() {
        let file = entry.file_name();
        let file = file.to_str().and_then(|name| name.parse().ok());
        if let Some(state) = file.and_then(state) {
            *states.entry(state.to_owned()).or_insert(0) += 1;
        }
    }
    Some(states)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn by_state() -> Option<BTreeMap<String, u64>> {
    None
}

/// The state of this file, if it is a TCP socket.
#[cfg(target_os = "linux")]
fn state(file: libc::c_int) -> Option<&'static str> {
    // The state is the first byte of what TCP_INFO gives (tcp(7), struct tcp_info), and
    // the system writes no more than it is told to.
    let mut state = 0_u8;
    let mut length: libc::socklen_t = 1;
    // SAFETY: both pointers are to variables of this frame, and `length` is the size of
    // the first. A number that is no socket, or no file any more, is an error.
    let answer = unsafe {
        libc::getsockopt(
            file,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut state).cast(),
            &raw mut length,
        )
    };
    if answer != 0 || length != 1 {
        return None;
    }
    // include/net/tcp_states.h
    Some(match state {
        1 => "ESTABLISHED",
        2 => "SYN_SENT",
        3 => "SYN_RECV",
        4 => "FIN_WAIT1",
        5 => "FIN_WAIT2",
        6 => "TIME_WAIT",
        7 => "CLOSE",
        8 => "CLOSE_WAIT",
        9 => "LAST_ACK",
        10 => "LISTEN",
        11 => "CLOSING",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    #[test]
    fn a_listening_socket_is_seen_in_its_state() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(state(listener.as_raw_fd()), Some("LISTEN"));
        assert!(by_state().unwrap()["LISTEN"] >= 1);
    }

    #[test]
    fn a_client_that_hung_up_leaves_a_socket_that_waits_to_be_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert_eq!(state(server.as_raw_fd()), Some("ESTABLISHED"));
        client.shutdown(Shutdown::Write).unwrap();
        // The end of what it sends has arrived.
        let read = std::io::Read::read(&mut server, &mut [0]).unwrap();
        assert_eq!(read, 0);
        assert_eq!(state(server.as_raw_fd()), Some("CLOSE_WAIT"));
    }

    #[test]
    fn what_is_no_tcp_socket_has_no_state() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let file = std::fs::File::open("/dev/null").unwrap();
        for file in [one.as_raw_fd(), udp.as_raw_fd(), file.as_raw_fd()] {
            assert_eq!(state(file), None);
        }
    }
}
