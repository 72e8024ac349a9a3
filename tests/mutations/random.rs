//! Inputs made of others at random, the same for the same number.

/// Pieces that parsers look for.
const PIECES: [&[u8]; 24] = [
    b"\"",
    b"\"\"",
    b";",
    b",",
    b"\t",
    b"\n",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x00",
    b"\xe6\xf8\xe5",
    b"2024-02-29",
    b"31.12.2023",
    b"2024-01-01T24:00:00",
    b"-1",
    b"9223372036854775808",
    b"1e308",
    b"0,5",
    b"[[",
    b"]]",
    b"= ",
    b"{}",
    b"null",
    b"PAR1",
];
/// Numbers at the edges of their kinds.
const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0xffff_ffff_ffff_ffff];
/// Longest input.
const LONGEST: usize = 1 << 16;

/// Numbers that look random.
pub struct Random(u64);

impl Random {
    pub fn new(number: u64) -> Self {
        Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A seed with one to sixteen changes.
    pub fn change(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        let most = 1 << self.below(5);
        for _ in 0..1 + self.below(most) {
            let other = &seeds[self.below(seeds.len())];
            self.change_once(&mut input, other);
        }
        input.truncate(LONGEST);
        input
    }

    fn change_once(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(64)).min(input.len());
        match self.below(9) {
            0 if at < end => input[at] ^= 1u8 << self.below(8),
            1 if at < end => input[at] = self.next() as u8,
            2 => {
                let width = 1 << self.below(4);
                let bytes = EDGES[self.below(EDGES.len())].to_le_bytes();
                let end = (at + width).min(input.len());
                drop(input.splice(at..end, bytes[..width].iter().copied()));
            }
            3 => drop(input.drain(at..end)),
            4 => input.truncate(at),
            5 => {
                let most = 1 << self.below(9);
                let piece = input[at..end].repeat(1 + self.below(most));
                drop(input.splice(at..at, piece));
            }
            6 => {
                let from = self.below(other.len());
                let piece = &other[from..(from + self.below(256)).min(other.len())];
                drop(input.splice(at..at, piece.iter().copied()));
            }
            7 => {
                let swapped = self.below(input.len());
                if at < input.len() {
                    input.swap(at, swapped);
                }
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                drop(input.splice(at..at, piece.iter().copied()));
            }
        }
    }
}
