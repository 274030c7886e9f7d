use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use subtle::ConstantTimeEq as _;

use crate::base::{Deadlines, Instant, Random};
use crate::sip::auth::{Algorithm, Answer, Lockouts, Nonce, Window};
use crate::sip::stack::{AccountSettings, Lockout, Settings};

/// Stands in for the HA1 of accounts that do not exist, so that they cost the same time.
const NOBODY: &str = "00000000000000000000000000000000";

/// Gives out challenges and judges their answers (R8, R9).
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    windows: HashMap<u64, Window, ahash::RandomState>,
    deadlines: Deadlines<u64>,
    /// Nonces made before this are stale: their counts are not known (any more).
    floor: Option<Instant>,
    lockouts: Lockouts,
    /// When it is looked what is locked, and what was told of it.
    look_at: Option<Instant>,
    told: Locked,
}

/// Sources that are locked, or have accounts that are, with these accounts' users.
pub(crate) type Locked = BTreeMap<IpAddr, BTreeSet<String>>;

/// How often it is told anew what is locked, at most.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What an answer is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It is the account's.
    Right,
    /// It was right once: challenge anew with `stale=true`.
    Stale,
    /// A wrong password or an unknown user.
    Wrong,
    /// No answer to anything that was asked here, or nobody is listening (locked).
    Void,
}

/// A request as far as its digest concerns it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) source: IpAddr,
    pub(crate) method: &'a str,
    /// Whether the digest's URI names the Request-URI.
    pub(crate) is_uri_right: bool,
    pub(crate) answer: Answer<'a>,
    /// Whose user name the answer names.
    pub(crate) account: Option<&'a AccountSettings>,
    /// Whether the account has a contact that was registered from exactly this source: it cannot be
    /// locked out by others.
    pub(crate) is_at_home: bool,
    /// Whether the account was registered from this address of late: a lock of the source is none for
    /// it before somebody there gets it wrong.
    pub(crate) was_here: bool,
}

impl Authority {
    pub(crate) fn new(random: &mut Random) -> Self {
        let mut hasher = || {
            let [a, b, c, d] = std::array::from_fn(|_| random.next_u64());
            ahash::RandomState::with_seeds(a, b, c, d)
        };
        Self {
            windows: HashMap::with_hasher(hasher()),
            deadlines: Deadlines::with_hasher(hasher()),
            floor: None,
            lockouts: Lockouts::new(hasher()),
            look_at: None,
            told: Locked::new(),
        }
    }

    /// Judges a claim, and remembers what must be remembered of it.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        settings: &Settings,
        claim: &Claim<'_>,
    ) -> Verdict {
        let answer = &claim.answer;
        let (Some(algorithm), Some(count)) = (answer.algorithm(), answer.count()) else {
            return Verdict::Void;
        };
        if answer.realm != settings.realm
            || !answer.qop.is_some_and(|q| q.eq_ignore_ascii_case("auth"))
            || answer.cnonce.is_none_or(str::is_empty)
        {
            return Verdict::Void;
        }
        let floor = *self.floor.get_or_insert(now);
        let Some(nonce) =
            Nonce::parse(answer.nonce, &settings.nonce_key, &settings.realm, claim.source)
        else {
            return Verdict::Void;
        };
        let locks = &settings.lockout;
        let (source, user) = (claim.source, answer.user);
        let is_spared = || claim.was_here && self.lockouts.is_spared(source, user, locks);
        if !claim.is_at_home
            && (self.lockouts.is_pair_locked(source, user, locks)
                || (self.lockouts.is_source_locked(source, locks) && !is_spared()))
        {
            return Verdict::Void;
        }
        let expires_at = nonce.made + life(settings);
        if nonce.made < floor || expires_at <= now || nonce.made > now {
            return Verdict::Stale;
        }
        let ha1 = claim.account.and_then(|a| usable_ha1(a, settings, algorithm));
        let expected = answer.expected(algorithm, ha1.unwrap_or(NOBODY), claim.method);
        let given = answer.response.to_ascii_lowercase();
        let is_equal = bool::from(expected.as_bytes().ct_eq(given.as_bytes()));
        if !is_equal || ha1.is_none() {
            let max = settings.limits.lockouts;
            if self.lockouts.wrong(now, source, user, locks, max) {
                self.look_at.get_or_insert(now);
            }
            return Verdict::Wrong;
        }
        if !claim.is_uri_right {
            return Verdict::Void;
        }
        self.lockouts.right(claim.source, answer.user);
        if self.use_up(nonce, count, expires_at, settings.limits.nonces) {
            Verdict::Right
        } else {
            Verdict::Stale
        }
    }

    /// The values of the WWW-Authenticate headers of a 401, in order of preference.
    pub(crate) fn challenge(
        &mut self,
        now: Instant,
        random: &mut Random,
        settings: &Settings,
        source: IpAddr,
        account: Option<&AccountSettings>,
        is_stale: bool,
    ) -> Vec<String> {
        self.floor.get_or_insert(now);
        let nonce = Nonce::new(now, random).write(&settings.nonce_key, &settings.realm, source);
        let stale = if is_stale { ", stale=true" } else { "" };
        algorithms(account, settings)
            .map(|algorithm| {
                format!(
                    "Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                    settings.realm,
                    algorithm.name()
                )
            })
            .collect()
    }

    /// What is locked now at sources where phones are at home, when it has changed; once a minute.
    pub(crate) fn news(
        &mut self,
        now: Instant,
        locks: &Lockout,
        is_home: impl Fn(IpAddr) -> bool,
    ) -> Option<&Locked> {
        self.look_at.take_if(|at| *at <= now)?;
        let mut locked = self.lockouts.locked(locks);
        if !locked.is_empty() {
            self.look_at = Some(now + LOOK_EVERY);
        }
        locked.retain(|source, _| is_home(*source));
        let has_changed = locked != self.told;
        self.told = locked;
        has_changed.then_some(&self.told)
    }

    /// Forgets what is old.
    pub(crate) fn tick(&mut self, now: Instant) {
        while let Some(number) = self.deadlines.pop_due(now) {
            self.windows.remove(&number);
        }
        self.lockouts.tick(now);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.deadlines.first(), self.lockouts.deadline(), self.look_at].into_iter().flatten().min()
    }

    /// Nonces whose counts are remembered.
    pub(crate) fn nonces(&self) -> usize {
        self.windows.len()
    }

    /// Sources and pairs with failed tries.
    pub(crate) fn suspects(&self) -> usize {
        self.lockouts.len()
    }

    fn use_up(&mut self, nonce: Nonce, count: u32, expires_at: Instant, max: usize) -> bool {
        if !self.windows.contains_key(&nonce.number) {
            if self.windows.len() >= max.max(1)
                && let Some(first) = self.deadlines.first()
                && let Some(number) = self.deadlines.pop_due(first)
            {
                self.windows.remove(&number);
                // It was made one nonce life before it would have expired, as was this one.
                let made = nonce.made - expires_at.since(first);
                self.floor = self.floor.max(Some(made + Duration::from_micros(1)));
            }
            self.deadlines.set(&nonce.number, Some(expires_at));
        }
        self.windows.entry(nonce.number).or_default().take(count)
    }
}

fn life(settings: &Settings) -> Duration {
    settings.nonce_life.clamp(Duration::from_secs(10), Duration::from_secs(3_600))
}

fn algorithms<'a>(
    account: Option<&'a AccountSettings>,
    settings: &'a Settings,
) -> impl Iterator<Item = Algorithm> + 'a {
    let own = account.map(|a| a.algorithms.as_slice()).filter(|own| !own.is_empty());
    own.unwrap_or(&settings.algorithms)
        .iter()
        .copied()
        .filter(move |algorithm| account.is_none_or(|a| ha1_of(a, *algorithm).is_some()))
}

fn ha1_of(account: &AccountSettings, algorithm: Algorithm) -> Option<&str> {
    match algorithm {
        Algorithm::Md5 => account.ha1_md5.as_deref(),
        Algorithm::Sha256 => account.ha1_sha256.as_deref(),
    }
}

/// The HA1, if this algorithm is one that the account is offered.
fn usable_ha1<'a>(
    account: &'a AccountSettings,
    settings: &Settings,
    algorithm: Algorithm,
) -> Option<&'a str> {
    algorithms(Some(account), settings)
        .any(|offered| offered == algorithm)
        .then(|| ha1_of(account, algorithm))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Desk {
        authority: Authority,
        settings: Settings,
        random: Random,
        now: Instant,
    }

    const HOME: [u8; 4] = [10, 0, 0, 1];

    impl Desk {
        fn new() -> Self {
            let mut random = Random::from_number(5);
            let settings = Settings {
                realm: "r".into(),
                nonce_key: [3; 32],
                accounts: vec![AccountSettings::new("a".into(), "alice", "r", "secret")],
                lockout: Lockout { pair_tries: 3, source_tries: 6, ..Lockout::default() },
                ..Settings::default()
            };
            let now = Instant::from_micros(1_000_000);
            Self { authority: Authority::new(&mut random), settings, random, now }
        }

        fn nonce(&mut self) -> String {
            let source = HOME.into();
            let all = self.authority.challenge(
                self.now,
                &mut self.random,
                &self.settings,
                source,
                self.settings.accounts.first(),
                false,
            );
            let (_, rest) = all[0].split_once("nonce=\"").unwrap();
            rest.split_once('"').unwrap().0.to_owned()
        }

        fn tries(&mut self, password: &str, change: impl FnOnce(&mut Claim<'_>)) -> Verdict {
            let nonce = self.nonce();
            self.tries_with(&nonce, "00000001", password, Algorithm::Sha256, change)
        }

        fn tries_with(
            &mut self,
            nonce: &str,
            nc: &str,
            password: &str,
            algorithm: Algorithm,
            change: impl FnOnce(&mut Claim<'_>),
        ) -> Verdict {
            let mut answer = Answer {
                user: "alice",
                realm: "r",
                nonce,
                uri: "sip:r",
                algorithm: Some(algorithm.name()),
                qop: Some("auth"),
                nc: Some(nc),
                cnonce: Some("c"),
                response: "",
            };
            let one = ha1(algorithm, "alice", "r", password);
            let response = answer.expected(algorithm, &one, "REGISTER");
            answer.response = &response;
            let mut claim = Claim {
                source: HOME.into(),
                method: "REGISTER",
                is_uri_right: true,
                answer,
                account: self.settings.accounts.first(),
                is_at_home: false,
                was_here: false,
            };
            change(&mut claim);
            let settings = self.settings.clone();
            let account = claim.account.and(settings.accounts.first());
            let claim = Claim { account, ..claim };
            self.authority.check(self.now, &settings, &claim)
        }
    }

    use crate::sip::auth::ha1;

    #[test]
    fn right_answers_of_both_algorithms_are_right() {
        let mut desk = Desk::new();
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let nonce = desk.nonce();
            let verdict = desk.tries_with(&nonce, "00000001", "secret", algorithm, |_| {});
            assert_eq!(verdict, Verdict::Right);
        }
        assert_eq!(desk.authority.nonces(), 2);
        desk.authority.tick(desk.now + desk.settings.nonce_life);
        assert_eq!((desk.authority.nonces(), desk.authority.deadline()), (0, None));
    }

    #[test]
    fn each_fault_has_its_verdict() {
        type Change = fn(&mut Claim<'_>);
        let rows: [(&str, Change, Verdict); 12] = [
            ("wrong method", |c| c.method = "INVITE", Verdict::Wrong),
            ("wrong uri", |c| c.is_uri_right = false, Verdict::Void),
            ("uri changed", |c| c.answer.uri = "sip:x", Verdict::Wrong),
            ("another realm", |c| c.answer.realm = "s", Verdict::Void),
            ("unknown user", |c| c.account = None, Verdict::Wrong),
            ("no qop", |c| c.answer.qop = None, Verdict::Void),
            ("auth-int", |c| c.answer.qop = Some("auth-int"), Verdict::Void),
            ("no nc", |c| c.answer.nc = None, Verdict::Void),
            ("nc of a wrong form", |c| c.answer.nc = Some("+0000001"), Verdict::Void),
            ("another source", |c| c.source = [10, 0, 0, 9].into(), Verdict::Void),
            ("unknown algorithm", |c| c.answer.algorithm = Some("MD5-sess"), Verdict::Void),
            ("another nonce key", |c| c.answer.nonce = "00", Verdict::Void),
        ];
        for (what, change, verdict) in rows {
            assert_eq!(Desk::new().tries("secret", change), verdict, "{what}");
        }
        assert_eq!(Desk::new().tries("guess", |_| {}), Verdict::Wrong);
    }

    #[test]
    fn a_replay_is_refused_and_a_reordering_is_not() {
        let mut desk = Desk::new();
        let nonce = desk.nonce();
        for (nc, verdict) in [
            ("00000002", Verdict::Right),
            ("00000001", Verdict::Right),
            ("00000002", Verdict::Stale),
            ("00000000", Verdict::Stale),
            ("0000000a", Verdict::Right),
            ("0000000A", Verdict::Stale),
        ] {
            let got = desk.tries_with(&nonce, nc, "secret", Algorithm::Sha256, |_| {});
            assert_eq!(got, verdict, "{nc}");
        }
    }

    #[test]
    fn nonces_age_and_do_not_outlive_their_counts() {
        let mut desk = Desk::new();
        let nonce = desk.nonce();
        desk.now = desk.now + desk.settings.nonce_life;
        let late = desk.tries_with(&nonce, "00000001", "secret", Algorithm::Md5, |_| {});
        assert_eq!(late, Verdict::Stale);

        desk.settings.limits.nonces = 1;
        let (one, two) = (desk.nonce(), desk.nonce());
        let mut with =
            |nonce: &str, nc| desk.tries_with(nonce, nc, "secret", Algorithm::Md5, |_| {});
        assert_eq!(with(&one, "00000001"), Verdict::Right);
        assert_eq!(with(&two, "00000001"), Verdict::Right);
        assert_eq!(with(&one, "00000001"), Verdict::Stale, "its count was forgotten");
    }

    #[test]
    fn a_nonce_of_the_run_before_is_stale() {
        let mut desk = Desk::new();
        let nonce = desk.nonce();
        let mut next = Desk::new();
        next.now = desk.now + Duration::from_secs(5);
        let first = next.tries_with(&nonce, "00000001", "secret", Algorithm::Md5, |_| {});
        assert_eq!(first, Verdict::Stale);
    }

    #[test]
    fn guessing_ends_but_not_for_whoever_is_at_home() {
        let mut desk = Desk::new();
        for _ in 0..3 {
            assert_eq!(desk.tries("guess", |_| {}), Verdict::Wrong);
        }
        assert_eq!(desk.tries("secret", |_| {}), Verdict::Void, "the pair is locked");
        assert_eq!(desk.tries("secret", |c| c.is_at_home = true), Verdict::Right);
        let mut guesses = 0;
        for _ in 0..1_000 {
            let verdict = desk.tries("guess", |c| c.account = None);
            guesses += u32::from(verdict == Verdict::Wrong);
        }
        assert!(guesses <= 60, "{guesses}");
        desk.now = desk.now + desk.settings.lockout.time;
        desk.authority.tick(desk.now);
        assert_eq!(desk.tries("secret", |_| {}), Verdict::Right);
    }
}
