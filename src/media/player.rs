use crate::base::Codec;
use crate::media::tone::Toning;
use crate::media::{PlayId, PromptId, Prompts, g711};

/// What a party hears that is made here.
#[derive(Clone, Default, Debug)]
pub(crate) enum Player {
    /// Nothing.
    #[default]
    Idle,
    /// Prompts, one after the other.
    Prompts(Playing),
    /// A tone.
    Tone(Toning),
}

/// A list of prompts and the place in it.
#[derive(Clone, Debug)]
pub(crate) struct Playing {
    play: PlayId,
    prompts: Vec<PromptId>,
    repeat: bool,
    cut_by_key: bool,
    /// Which prompt, and the next sample of it.
    at: usize,
    sample: usize,
}

/// What became of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Filled {
    /// Nothing plays.
    Nothing,
    /// There is sound in it.
    Sound,
    /// Nothing was left to play; this playing is over.
    Ended(PlayId),
}

impl Player {
    /// Prompts from their beginning.
    pub(crate) fn prompts(
        play: PlayId,
        prompts: Vec<PromptId>,
        repeat: bool,
        cut_by_key: bool,
    ) -> Self {
        Self::Prompts(Playing { play, prompts, repeat, cut_by_key, at: 0, sample: 0 })
    }

    /// Whether something plays.
    pub(crate) fn is_playing(&self) -> bool {
        !matches!(self, Self::Idle)
    }

    /// A key was pressed: ends prompts that it cuts.
    pub(crate) fn key(&mut self) {
        if matches!(self, Self::Prompts(playing) if playing.cut_by_key) {
            *self = Self::Idle;
        }
    }

    /// Fills a chunk with what comes next.
    pub(crate) fn fill(&mut self, prompts: &Prompts, codec: Codec, chunk: &mut [u8]) -> Filled {
        let (sounds, over) = match self {
            Self::Idle => return Filled::Nothing,
            Self::Prompts(playing) => {
                (playing.fill(prompts, codec, chunk), Filled::Ended(playing.play))
            }
            Self::Tone(toning) => (toning.fill(codec, chunk), Filled::Nothing),
        };
        if sounds {
            return Filled::Sound;
        }
        *self = Self::Idle;
        over
    }
}

impl Playing {
    /// False when nothing was left. The list goes on within a chunk; only after the last prompt the
    /// chunk is filled up with silence.
    fn fill(&mut self, prompts: &Prompts, codec: Codec, chunk: &mut [u8]) -> bool {
        let mut filled = 0;
        let mut empty = 0;
        while filled < chunk.len() {
            let Some(prompt) = self.prompts.get(self.at) else {
                if !self.repeat || empty >= self.prompts.len() {
                    break;
                }
                (self.at, self.sample) = (0, 0);
                continue;
            };
            let sound = prompts.samples(*prompt, codec);
            let rest = sound.get(self.sample..).unwrap_or_default();
            let count = rest.len().min(chunk.len() - filled);
            chunk[filled..filled + count].copy_from_slice(&rest[..count]);
            filled += count;
            self.sample += count;
            // Prompts without a sample in them must not turn round for ever.
            empty = if count == 0 { empty + 1 } else { 0 };
            if count == rest.len() {
                (self.at, self.sample) = (self.at + 1, 0);
            }
        }
        if filled > 0 {
            chunk[filled..].fill(g711::silence(codec));
        }
        filled > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::wav::write_alaw;

    fn prompts() -> (Prompts, PromptId, PromptId) {
        let count = |n: u8| (0..n).collect::<Vec<u8>>();
        let prompts = Prompts::build([
            ("", "a", write_alaw(&count(100))),
            ("", "b", write_alaw(&count(250))),
        ])
        .unwrap();
        let (a, b) = (prompts.find("", "a").unwrap(), prompts.find("", "b").unwrap());
        (prompts, a, b)
    }

    #[test]
    fn a_list_plays_without_a_gap_and_ends_once() {
        let (prompts, a, b) = prompts();
        let mut player = Player::prompts(PlayId(1), vec![a, b], false, false);
        let mut heard = Vec::new();
        let mut chunk = [0; 160];
        loop {
            match player.fill(&prompts, Codec::Pcma, &mut chunk) {
                Filled::Sound => heard.extend(chunk),
                Filled::Ended(play) => break assert_eq!(play, PlayId(1)),
                Filled::Nothing => panic!("ended in silence"),
            }
        }
        let mut expected: Vec<u8> = (0..100).chain(0..250).collect();
        expected.resize(480, 0xD5);
        assert_eq!(heard, expected);
        assert_eq!(player.fill(&prompts, Codec::Pcma, &mut chunk), Filled::Nothing);
    }

    #[test]
    fn a_loop_has_no_gap() {
        let (prompts, a, b) = prompts();
        let mut player = Player::prompts(PlayId(1), vec![a, b], true, false);
        let mut heard = Vec::new();
        let mut chunk = [0; 160];
        for _ in 0..70 {
            assert_eq!(player.fill(&prompts, Codec::Pcma, &mut chunk), Filled::Sound);
            heard.extend(chunk);
        }
        let expected: Vec<u8> = (0..100).chain(0..250).cycle().take(70 * 160).collect();
        assert_eq!(heard, expected);
    }

    #[test]
    fn nothing_to_repeat_ends() {
        let (prompts, ..) = prompts();
        for list in [vec![], vec![PromptId(77)], vec![PromptId(77); 5]] {
            let mut player = Player::prompts(PlayId(3), list, true, false);
            let filled = player.fill(&prompts, Codec::Pcmu, &mut [0; 160]);
            assert_eq!(filled, Filled::Ended(PlayId(3)));
        }
    }

    #[test]
    fn a_key_cuts_only_what_it_may() {
        let (_, a, _) = prompts();
        let mut player = Player::prompts(PlayId(1), vec![a], false, false);
        player.key();
        assert!(player.is_playing());
        player = Player::prompts(PlayId(1), vec![a], false, true);
        player.key();
        assert!(!player.is_playing());
    }
}
