use crate::sim::ua::Account;
use crate::sip::wire::{Headers, Name};
use crate::sip::{Algorithm, ha1};

/// The header that answers the first challenge of a 401 or 407 that this phone understands.
pub(super) fn answer(
    account: &Account,
    headers: &Headers,
    status: u16,
    method: &str,
    uri: &str,
    client_nonce: &str,
) -> Option<(&'static str, String)> {
    let (asks, answers) = match status {
        401 => (Name::WwwAuthenticate, "Authorization"),
        _ => (Name::ProxyAuthenticate, "Proxy-Authorization"),
    };
    let challenge = headers.challenges(asks).find_map(|challenge| {
        let algorithm = Algorithm::parse(challenge.get("algorithm").unwrap_or("MD5"))?;
        (algorithm == Algorithm::Md5 || !account.only_md5).then_some((algorithm, challenge))
    });
    let (algorithm, challenge) = challenge?;
    let (realm, nonce) = (challenge.get("realm")?, challenge.get("nonce")?);
    let name = algorithm.name();
    let (user, count) = (&account.user, "00000001");
    let secret = ha1(algorithm, user, realm, &account.password);
    let asked = algorithm.hash(&[method, uri]);
    let response = algorithm.hash(&[&secret, nonce, count, client_nonce, "auth", &asked]);
    Some((
        answers,
        format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={name}, cnonce=\"{client_nonce}\", qop=auth, \
             nc={count}"
        ),
    ))
}
