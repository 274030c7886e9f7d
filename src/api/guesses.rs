use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::tokens::Who;
use crate::base::Wall;
use crate::sip::source_of;

/// Wrong tokens of one source before it is locked out.
const TRIES: u32 = 10;
/// How long a source is locked out, and how long a wrong token counts, µs.
const MEMORY_US: i64 = 5 * 60 * 1_000_000;
/// Sources that are remembered; one more takes the place of the one that was longest silent.
const SOURCES_MAX: usize = 4_096;
/// Tokens that are remembered as good for one source.
const PROVED_MAX: usize = 8;

/// Who has sent wrong tokens of late (F2), by address; addresses of one IPv6 /64 are one source.
///
/// A source that is locked out is told nothing about any token, but for those that came from it before
/// the lock: so nobody can lock out a desk behind the same address.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    sources: Mutex<HashMap<IpAddr, Source>>,
}

#[derive(Clone, Debug)]
struct Source {
    wrong: u32,
    /// The last wrong token that counted, or the last right one while none did.
    at: Wall,
    proved: Vec<Arc<str>>,
}

/// Why a token is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LockedOut {
    /// Until it is looked at again, seconds.
    pub(crate) seconds: u32,
}

impl Guesses {
    /// A token came from `source`; `who` is whose it is, `None` when it is nobody's.
    ///
    /// # Errors
    /// The source is locked out: whether the token is right must not be told.
    pub(crate) fn judge(
        &self,
        now: Wall,
        source: IpAddr,
        who: Option<&Who>,
    ) -> Result<(), LockedOut> {
        let source = source_of(source);
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if !sources.contains_key(&source) && sources.len() >= SOURCES_MAX {
            let silent = sources.iter().min_by_key(|(_, source)| source.at).map(|(ip, _)| *ip);
            silent.map(|ip| sources.remove(&ip));
        }
        let fresh = || Source { wrong: 0, at: now, proved: Vec::new() };
        let source = sources.entry(source).or_insert_with(fresh);
        let age = now.as_micros().saturating_sub(source.at.as_micros());
        // A clock that was set back must lock nobody out for long.
        if !(0..MEMORY_US).contains(&age) {
            source.wrong = 0;
        }
        if source.wrong >= TRIES {
            return match who {
                Some(Who(name)) if source.proved.contains(name) => Ok(()),
                _ => {
                    let left = u64::try_from(MEMORY_US - age).unwrap_or(0).div_ceil(1_000_000);
                    Err(LockedOut { seconds: u32::try_from(left).unwrap_or(u32::MAX) })
                }
            };
        }
        match who {
            Some(Who(name)) => {
                if !source.proved.contains(name) && source.proved.len() < PROVED_MAX {
                    source.proved.push(Arc::clone(name));
                }
                if source.wrong == 0 {
                    source.at = now;
                }
            }
            None => {
                source.wrong += 1;
                source.at = now;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Wall {
        Wall::from_micros(s * 1_000_000)
    }

    fn desk() -> Who {
        Who("desk".into())
    }

    #[test]
    fn a_source_that_guesses_learns_nothing_for_a_while() {
        let (bad, good): (IpAddr, IpAddr) = ([10, 0, 0, 66].into(), [10, 0, 0, 1].into());
        let guesses = Guesses::default();
        for try_ in 0..10 {
            assert_eq!(guesses.judge(at(try_), bad, None), Ok(()));
        }
        assert_eq!(guesses.judge(at(10), bad, None), Err(LockedOut { seconds: 299 }));
        assert_eq!(guesses.judge(at(308), bad, Some(&desk())), Err(LockedOut { seconds: 1 }));
        assert_eq!(guesses.judge(at(10), good, Some(&desk())), Ok(()), "others are not");
        assert_eq!(guesses.judge(at(309), bad, Some(&desk())), Ok(()));
        // The clock is set back by an hour: it is no lock for an hour.
        for _ in 0..10 {
            guesses.judge(at(310), bad, None).unwrap();
        }
        assert!(guesses.judge(at(310), bad, None).is_err());
        assert_eq!(guesses.judge(at(310 - 3_600), bad, None), Ok(()));
    }

    #[test]
    fn a_token_that_was_good_before_stays_good_behind_the_same_address() {
        let shared: IpAddr = [10, 0, 0, 1].into();
        let guesses = Guesses::default();
        guesses.judge(at(0), shared, Some(&desk())).unwrap();
        for _ in 0..10 {
            guesses.judge(at(1), shared, None).unwrap();
        }
        assert_eq!(guesses.judge(at(2), shared, Some(&desk())), Ok(()));
        assert!(guesses.judge(at(2), shared, Some(&Who("other".into()))).is_err());
    }

    #[test]
    fn many_sources_take_bounded_space() {
        let guesses = Guesses::default();
        for number in 0..10_000_u32 {
            let source = IpAddr::from(number.to_be_bytes());
            guesses.judge(at(i64::from(number) / 100), source, None).unwrap();
        }
        assert_eq!(guesses.sources.lock().unwrap().len(), SOURCES_MAX);
    }
}
