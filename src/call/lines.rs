use std::collections::HashMap;

use crate::base::{AccountId, TrunkId};
use crate::call::Settings;

/// A taken channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Line {
    /// Of a trunk, in either direction.
    Trunk(TrunkId),
    /// Of an account.
    Account(AccountId),
}

/// How many channels of each trunk and account are taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    trunks: HashMap<TrunkId, u32>,
    accounts: HashMap<AccountId, u32>,
}

impl Lines {
    /// Takes a channel unless the cap is reached. Of a trunk's channels, `reserve` are left to
    /// emergencies and to inbound calls are closed like to all others.
    pub(crate) fn take(&mut self, settings: &Settings, line: &Line, emergency: bool) -> bool {
        let (count, cap) = match line {
            Line::Trunk(id) => {
                let Some(rules) = settings.trunks.get(id) else { return false };
                let reserve = if emergency { 0 } else { rules.reserve };
                (self.trunks.entry(id.clone()).or_default(), rules.channels.saturating_sub(reserve))
            }
            Line::Account(id) => {
                let Some(rules) = settings.accounts.get(id) else { return false };
                (self.accounts.entry(id.clone()).or_default(), rules.calls_max)
            }
        };
        if *count >= cap {
            return false;
        }
        *count += 1;
        true
    }

    /// Gives a taken channel back.
    pub(crate) fn give_back(&mut self, line: &Line) {
        match line {
            Line::Trunk(id) => release(&mut self.trunks, id),
            Line::Account(id) => release(&mut self.accounts, id),
        }
    }

    /// How many channels of the trunk are taken.
    pub(crate) fn of_trunk(&self, trunk: &TrunkId) -> u32 {
        self.trunks.get(trunk).copied().unwrap_or(0)
    }

    /// How many channels are taken in all.
    pub(crate) fn total(&self) -> u32 {
        self.trunks.values().chain(self.accounts.values()).sum()
    }
}

fn release<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}
