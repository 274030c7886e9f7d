use crate::sip::auth::{Algorithm, Answer};
use crate::sip::stack::TrunkCredentials;
use crate::sip::wire::{Credentials, Name, Request, Response};

/// The header that answers the challenge of a 401 or 407: the first whose realm and algorithm we
/// have an HA1 for.
pub(crate) fn respond(
    response: &Response,
    credentials: &TrunkCredentials,
    request: &Request,
    cnonce: &str,
) -> Option<(Name, String)> {
    let (asked, header) = match response.status {
        401 => (Name::WwwAuthenticate, Name::Authorization),
        407 => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
        _ => return None,
    };
    response.headers.challenges(asked).find_map(|challenge| {
        if challenge.realm()? != credentials.realm {
            return None;
        }
        let algorithm = challenge.algorithm().map_or(Some(Algorithm::Md5), Algorithm::parse)?;
        let ha1 = match algorithm {
            Algorithm::Md5 => credentials.ha1_md5.as_deref()?,
            Algorithm::Sha256 => credentials.ha1_sha256.as_deref()?,
        };
        let nonce = challenge.nonce()?;
        let uri = request.uri.to_string();
        let mut answer = Credentials::digest()
            .with("username", &credentials.user)
            .with("realm", &credentials.realm)
            .with("nonce", nonce)
            .with("uri", &uri)
            .with("algorithm", algorithm.name());
        let digest = match challenge.qop() {
            Some(qop) => {
                qop.split(',').find(|qop| qop.trim().eq_ignore_ascii_case("auth"))?;
                let parts = Answer {
                    nonce,
                    uri: &uri,
                    nc: Some("00000001"),
                    cnonce: Some(cnonce),
                    ..Answer::default()
                };
                answer.set("qop", "auth");
                answer.set("nc", "00000001");
                answer.set("cnonce", cnonce);
                parts.expected(algorithm, ha1, request.method.as_str())
            }
            // RFC 2069.
            None => {
                let ha2 = algorithm.hash(&[request.method.as_str(), &uri]);
                algorithm.hash(&[ha1, nonce, &ha2])
            }
        };
        answer.set("response", &digest);
        if let Some(opaque) = challenge.opaque() {
            answer.set("opaque", opaque);
        }
        Some((header.clone(), answer.to_string()))
    })
}
