//! Numbers for jitter: cheap, and the same again for the same seed. Nothing secret may come from here.

/// `SplitMix64`, as Steele, Lea and Flood describe it.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The numbers that belong to this seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number at all.
    pub(crate) fn any() -> u32 {
        // Without a source of chance those who failed together come back together, and that is all.
        getrandom::u32().unwrap_or(u32::MAX / 2)
    }

    /// The next one, of all that there are.
    pub(crate) fn number(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper half is the better one.
        u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_numbers_again_and_they_are_spread() {
        let (mut one, mut same, mut other) =
            (Random::seeded(7), Random::seeded(7), Random::seeded(8));
        let mut quarters = [0_u32; 4];
        for _ in 0..10_000 {
            let number = one.number();
            assert_eq!(number, same.number());
            assert_ne!(number, other.number());
            quarters[usize::try_from(number >> 30).unwrap()] += 1;
        }
        assert!(
            quarters.iter().all(|count| (2300..2700).contains(count)),
            "{quarters:?}"
        );
    }
}
