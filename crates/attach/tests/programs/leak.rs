//! Keeps a block for each byte that it reads.

use std::io::Read;

#[inline(never)]
fn keep(kept: &mut Vec<Vec<u8>>) {
    kept.push(vec![1; 777]); // LEAK
}

fn main() {
    let (mut kept, mut byte) = (Vec::with_capacity(64), [0]);
    println!("ready");
    while std::io::stdin().read(&mut byte).is_ok_and(|read| read > 0) {
        keep(&mut kept);
        println!("done");
    }
}
