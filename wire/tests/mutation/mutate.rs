//! How bytes are damaged: what a broken or hostile peer would send, not only noise.

/// A splitmix64 sequence: small, and every seed is as good as another.
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of one execution, so that each can be repeated alone.
    pub(crate) fn new(seed: u64, execution: u64) -> Self {
        let mut random = Self(seed ^ execution.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// The whole frames that damaged ones are made of.
pub(crate) struct Mutator {
    frames: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(frames: Vec<Vec<u8>>) -> Self {
        assert!(!frames.is_empty(), "nothing to damage");
        Self { frames }
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(crate) fn whole(&self, choice: usize) -> &[u8] {
        &self.frames[choice]
    }

    /// A damaged copy of a frame; `lightly`, it may also come out whole.
    pub(crate) fn damaged(&self, choice: usize, lightly: bool, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.frames[choice].clone();
        // One lie is what a reader sees most clearly; several together find what it does after the first.
        let count = if lightly {
            random.below(2)
        } else {
            random.pick(&[1, 1, 1, 1, 2, 2, 3, 5])
        };
        for _ in 0..count {
            self.damage(&mut bytes, random);
        }
        bytes
    }

    fn damage(&self, bytes: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(bytes.len());
        match random.below(12) {
            0 => bit_flip(bytes, at, random),
            1 => overwrite(
                bytes,
                at,
                &[random.pick(&[0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xfe, 0xff])],
            ),
            2 => bytes.truncate(at),
            3 => {
                let inserted: Vec<u8> =
                    (0..=random.below(8)).map(|_| random.next() as u8).collect();
                bytes.splice(at..at, inserted);
            }
            4 => {
                let end = (at + 1 + random.below(32)).min(bytes.len());
                bytes.drain(at..end);
            }
            5 => duplicate(bytes, at, random),
            6 => self.splice(bytes, at, random),
            7..=9 => length_lie(bytes, at, random),
            _ => varint_lie(bytes, at, random),
        }
    }

    /// The start of one frame and the end of another.
    fn splice(&self, bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
        let other = &self.frames[random.below(self.frames.len())];
        bytes.truncate(at);
        bytes.extend_from_slice(&other[random.below(other.len())..]);
    }
}

fn overwrite(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (byte, value) in bytes[at..].iter_mut().zip(value) {
        *byte = *value;
    }
}

fn bit_flip(bytes: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

/// Repeats a slice up to 64 times: elements, tagged fields and whole structs multiply by it.
fn duplicate(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let end = (at + 1 + random.below(64)).min(bytes.len());
    let slice = bytes
        .get(at..end)
        .unwrap_or_default()
        .repeat(random.pick(&[1, 1, 2, 8, 64]));
    let place = if random.below(2) == 0 {
        at
    } else {
        random.below(bytes.len())
    };
    bytes.splice(place..place, slice);
}

/// One, two, four or eight bytes become a length that cannot be, or only just.
fn length_lie(bytes: &mut [u8], at: usize, random: &mut Random) {
    let left = bytes.len().saturating_sub(at) as u64;
    let lie = match random.below(12) {
        0 => 0,
        1 => 1,
        2 => left,
        3 => left.wrapping_sub(4),
        4 => left + 1,
        5 => random.next() % 256,
        6 => u64::MAX,
        7 => u64::MAX - 1,
        8 => 0x7fff_ffff_ffff_ffff,
        9 => 0x8000_0000_8000_8080,
        10 => 0x7fff_ffff_7fff_7f7f,
        _ => 1 << random.below(63),
    };
    let width = random.pick(&[1, 2, 4, 8]);
    let big_endian = lie.to_be_bytes();
    overwrite(bytes, at, &big_endian[8 - width..]);
}

/// A varint that is too long, too large, or of another length than the one that stood there.
fn varint_lie(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let lie: &[u8] = random.pick(&[
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xff, 0xff, 0xff, 0xff, 0x1f],
        &[0x80, 0x80, 0x80, 0x80, 0x08],
        &[0xfe, 0xff, 0xff, 0xff, 0x0f],
        &[0x81, 0x80, 0x80, 0x80, 0x00],
        &[0x80, 0x00],
        &[0xff, 0x7f],
        &[0xff, 0xff, 0x7f],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ]);
    if random.below(2) == 0 {
        overwrite(bytes, at, lie);
    } else {
        let end = (at + 1).min(bytes.len());
        bytes.splice(at..end, lie.iter().copied());
    }
}
