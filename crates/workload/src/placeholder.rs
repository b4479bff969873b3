//! Placeholders of a `.http` file whose values are made: `{{n}}`, `{{$uuid}}` and others.

/// A value that differs for each `n`, or the size, or `None` for a name that is no
/// generator.
pub(crate) fn generated(name: &str, (n, size): (u64, u64)) -> Option<String> {
    // Splitmix64 (Steele 2014): the values of neighbours have nothing in common.
    let mixed = |salt: u64| {
        let mut z =
            (n ^ salt << 32).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    };
    let (word, arguments) = match name.find(['(', ' ']) {
        Some(at) => (&name[..at], &name[at..]),
        None => (name, ""),
    };
    Some(match word {
        "n" => n.to_string(),
        // Otherwise it may be a variable of the file.
        "size" if size > 0 => size.to_string(),
        "$uuid" | "$guid" | "$random.uuid" => {
            let (a, b) = (mixed(1), mixed(2));
            format!(
                "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                a >> 32,
                a >> 16 & 0xFFFF,
                a & 0xFFF,
                b >> 52,
                b & 0xFFFF_FFFF_FFFF
            )
        }
        "$random.integer" | "$randomInt" => {
            let numbers = arguments.split(|c: char| !c.is_ascii_digit());
            let bounds: Vec<u64> =
                numbers.filter_map(|number| number.parse().ok()).collect();
            let (from, to) = match bounds[..] {
                [from, to] => (from, to),
                _ => (0, 1_000),
            };
            (from + mixed(3) % to.saturating_sub(from).max(1)).to_string()
        }
        "$timestamp" => {
            let now = std::time::SystemTime::now();
            now.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs().to_string()
        }
        _ => return None,
    })
}
