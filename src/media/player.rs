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
    /// Silence still to come before it, samples.
    gap: usize,
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
        Self::Prompts(Playing { play, prompts, repeat, cut_by_key, at: 0, sample: 0, gap: 0 })
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
    /// False when nothing was left. The list goes on within a chunk, with the gap that belongs between
    /// two prompts; only after the last one the chunk is filled up with silence. A repeated list begins
    /// again without a gap: it is music.
    fn fill(&mut self, prompts: &Prompts, codec: Codec, chunk: &mut [u8]) -> bool {
        let mut filled = 0;
        let mut empty = 0;
        while filled < chunk.len() {
            if self.gap > 0 {
                let count = self.gap.min(chunk.len() - filled);
                chunk[filled..filled + count].fill(g711::silence(codec));
                (filled, self.gap) = (filled + count, self.gap - count);
                continue;
            }
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
                self.gap = self.prompts.get(self.at).map_or(0, |next| prompts.gap(*prompt, *next));
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
            ("", "moh/a", write_alaw(&count(100))),
            ("", "moh/b", write_alaw(&count(250))),
        ])
        .unwrap();
        let (a, b) = (prompts.find("", "a").unwrap(), prompts.find("", "b").unwrap());
        (prompts, a, b)
    }

    #[test]
    fn a_list_plays_with_its_gaps_and_ends_once() {
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
        // Both begin and end loud, but for their fades: nearly the whole gap between phrases, 220 ms.
        let gap = prompts.gap(a, b);
        assert!((1_600..=1_760).contains(&gap), "{gap}");
        let sound = |id| prompts.samples(id, Codec::Pcma).to_vec();
        let mut expected = [sound(a), vec![0xD5; gap], sound(b)].concat();
        expected.resize(expected.len().next_multiple_of(160), 0xD5);
        assert_eq!(heard, expected);
        assert_eq!(player.fill(&prompts, Codec::Pcma, &mut chunk), Filled::Nothing);
    }

    #[test]
    fn music_has_no_gap() {
        let (prompts, ..) = prompts();
        let [a, b] = ["moh/a", "moh/b"].map(|id| prompts.find("", id).unwrap());
        let mut player = Player::prompts(PlayId(1), vec![a, b], true, false);
        let mut heard = Vec::new();
        let mut chunk = [0; 160];
        for _ in 0..70 {
            assert_eq!(player.fill(&prompts, Codec::Pcma, &mut chunk), Filled::Sound);
            heard.extend(chunk);
        }
        let sound = |id| prompts.samples(id, Codec::Pcma).to_vec();
        let whole = [sound(a), sound(b)].concat();
        let expected: Vec<u8> = whole.into_iter().cycle().take(70 * 160).collect();
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
