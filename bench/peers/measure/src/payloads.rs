//! Values and keys: slices of leaked pools, so that a client that takes `&[u8]` or `Bytes` copies nothing on the caller's side.

/// Text of 256 made-up words of 4 to 11 letters, the same in every peer (franz/payloads.go makes it too): lz4 makes about half of it,
/// zstd a third, as of JSON. Repeats only after the pool, which is larger than the processor's cache of second level.
pub struct Payloads {
    pool: &'static [u8],
    size: usize,
    n: usize,
}

const POOL: usize = 8 << 20;

struct Lcg(u32);
impl Lcg {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(1_103_515_245).wrapping_add(12345) & 0x7fff_ffff;
        (self.0 >> 16) as usize
    }
}

impl Payloads {
    pub fn new(size: usize) -> Payloads {
        let mut x = Lcg(1);
        let words: Vec<Vec<u8>> = (0..256)
            .map(|_| {
                let letters = 4 + x.next() % 8;
                let mut word: Vec<u8> =
                    (0..letters).map(|_| b'a' + (x.next() % 26) as u8).collect();
                word.push(b' ');
                word
            })
            .collect();
        let len = POOL.max(size * 16);
        let mut v = Vec::with_capacity(len + 16);
        while v.len() < len {
            v.extend_from_slice(&words[x.next() % 256]);
        }
        v.truncate(len);
        Payloads {
            pool: v.leak(),
            size,
            n: len / size.max(1),
        }
    }
    #[inline]
    pub fn get(&self, i: u64) -> &'static [u8] {
        let o = (i as usize % self.n) * self.size;
        &self.pool[o..o + self.size]
    }
}

/// 65,536 random keys of 16 letters, which come in turn.
pub struct Keys {
    pool: &'static [u8],
}

const KEYS: usize = 1 << 16;

impl Keys {
    pub fn new() -> Keys {
        let mut x = Lcg(7);
        let v: Vec<u8> = (0..KEYS * 16)
            .map(|_| b'a' + (x.next() % 26) as u8)
            .collect();
        Keys { pool: v.leak() }
    }
    #[inline]
    pub fn get(&self, i: u64) -> &'static [u8] {
        let o = (i as usize % KEYS) * 16;
        &self.pool[o..o + 16]
    }
    /// The key of record `i`, if the configuration asks for keys.
    #[inline]
    pub fn of(keys: &Option<Keys>, i: u64) -> Option<&'static [u8]> {
        keys.as_ref().map(|keys| keys.get(i))
    }
    pub fn wanted(c: &crate::Cfg) -> Option<Keys> {
        c.keyed.then(Keys::new)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}
