use std::io::{BufRead, IsTerminal, stdin};
use std::process::ExitCode;

use clap::Args;
use hotline::sip::{Algorithm, ha1};

/// `hotline ha1`.
#[derive(Args, Debug)]
pub(crate) struct Ha1 {
    /// The account's user.
    user: String,
    /// The realm, `sip.realm` of the configuration.
    realm: String,
}

impl Ha1 {
    /// The password comes by standard input, so that it stands in no history and no process list.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if stdin().is_terminal() {
            eprintln!("Password of {} (it is shown as you type), then Enter:", self.user);
        }
        let mut password = String::new();
        stdin().lock().read_line(&mut password)?;
        let password = password.trim_end_matches(['\r', '\n']);
        anyhow::ensure!(!password.is_empty(), "the password is empty; give it by standard input");
        let hash = |algorithm| ha1(algorithm, &self.user, &self.realm, password);
        println!("ha1_md5 = \"{}\"", hash(Algorithm::Md5));
        println!("ha1_sha256 = \"{}\"", hash(Algorithm::Sha256));
        Ok(ExitCode::SUCCESS)
    }
}
