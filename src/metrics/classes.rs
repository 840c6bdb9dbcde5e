//! Classes of times, which grow with the time, so that the error is relative.
//!
//! Times are counted in microseconds. Below 8 us each has a class of its own; above, each power of two is cut into eight. What is read back is
//! the middle of a class, and so off by 6.25 % at most.

/// How many classes a power of two is cut into, as a power of two.
const CUT: u32 = 3;

const CUTS: usize = 1 << CUT;

/// The longest time that is told from longer ones is 2^32 us, which is 71 minutes.
const LONGEST: u64 = u32::MAX as u64;

/// Eight below 8 us, and eight for each of the 29 powers of two from there to the longest.
pub(crate) const CLASSES: usize = CUTS * (32 - CUT as usize + 1);

/// Which class a time belongs to.
pub(crate) fn class_of(micros: u64) -> usize {
    let micros = micros.min(LONGEST);
    let power = 63 - (micros | 1).leading_zeros();
    let shift = power.saturating_sub(CUT);
    let cut = micros >> shift;
    // Both are small: the shift is below 32, what is left is below 16.
    usize::try_from(u64::from(shift) * CUTS as u64 + cut).unwrap_or(CLASSES - 1)
}

/// The shortest time of a class, and how long it is, in microseconds.
pub(crate) fn class(index: usize) -> (u64, u64) {
    let shift = (index / CUTS).saturating_sub(1);
    let cut = (index - shift * CUTS) as u64;
    (cut << shift, 1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_one_class_and_lies_in_it() {
        let mut micros: Vec<u64> = (0..5000).collect();
        micros.extend((12..32).flat_map(|power| {
            let at = 1u64 << power;
            [at - 1, at, at + 1, at + at / 2, at + at / 3]
        }));
        micros.push(LONGEST);
        for micros in micros {
            let (start, length) = class(class_of(micros));
            assert!(start <= micros && micros < start + length, "{micros}");
            assert!(length == 1 || length * CUTS as u64 <= start, "{micros}");
        }
        assert_eq!(class_of(LONGEST), CLASSES - 1);
        assert_eq!(class_of(u64::MAX), CLASSES - 1);
        let classes: Vec<_> = (0..CLASSES).map(class).collect();
        for pair in classes.windows(2) {
            assert_eq!(pair[0].0 + pair[0].1, pair[1].0, "no gap, no overlap");
        }
    }
}
