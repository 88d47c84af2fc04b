use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

proptest! {
    /// No count is too low, what makes up a sixteenth is there, and the room is bounded: counted one by
    /// one, or in two halves that are joined.
    #[test]
    fn the_commonest_values_are_found(values in prop::collection::vec(0..40u8, 0..400), cut in 0..400usize) {
        let values: Vec<_> = values.iter().map(|n| (n.trailing_zeros() + u32::from(n % 5) * 9).to_string()).collect();
        let count = |values: &[String]| {
            let mut top = Top::of("x".into());
            for value in values {
 top.add(value, 1);
 }
            top
        };
        let mut exact: HashMap<&str, u64> = HashMap::new();
        for value in &values {
 *exact.entry(value).or_default() += 1;
 }
        let whole = count(&values);
        let (first, second) = values.split_at(cut.min(values.len()));
        let mut joined = count(first);
        joined.join(&count(second));
        prop_assert!(joined.values.len() <= Top::MAX);
        for top in [&whole, &joined] {
            prop_assert!(top.values.iter().all(|(value, n)| *n >= exact[&**value]));
            prop_assert!(top.values.is_sorted_by(|(_, a), (_, b)| a >= b));
            if !top.is_estimate {
                prop_assert_eq!(top.values.len(), exact.len());
                prop_assert!(top.values.iter().all(|(value, n)| *n == exact[&**value]));
            }
        }
        let n = values.len() as u64;
        for (value, _) in exact.iter().filter(|(_, count)| **count * Top::MAX as u64 > n) {
            prop_assert!(whole.values.iter().any(|(known, _)| **known == **value), "{value}");
        }
        prop_assert_eq!(whole.values.iter().map(|(_, n)| n).sum::<u64>(), n);
    }
}
