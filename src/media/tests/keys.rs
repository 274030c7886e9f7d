use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, Key, Random, StreamId};
use crate::media::tone::DualTone;
use crate::media::{Command, g711};

fn tone(codec: Codec, key: char) -> Vec<u8> {
    let mut bytes = vec![g711::silence(codec); 1_600];
    DualTone::new(Key::try_from(key).unwrap()).fill(codec, &mut bytes[..800]);
    bytes
}

#[test]
fn events_survive_loss_and_reorder() {
    let mut random = Random::from_number(3);
    for round in 0..50 {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        let mut voice = Voice::new(9);
        let mut expected = String::new();
        for key in "1223*#90".chars() {
            let mut packets: Vec<_> =
                voice.press(key).into_iter().filter(|_| random.below(5) > 0).collect();
            if packets.is_empty() {
                continue;
            }
            expected.push(key);
            let last = packets.len() - 1;
            let (a, b) = (usize::try_from(random.below(8)).unwrap().min(last), last);
            packets.swap(a, b);
            for packet in packets {
                studio.receive(1, address(1), packet);
                studio.run(20);
            }
            studio.run(60);
            studio.receive(1, address(1), voice.say(&[0xD5; 160]));
        }
        assert_eq!(studio.keys(), expected, "round {round}");
    }
}

#[test]
fn keys_in_speech_count_while_expected_and_until_the_first_event() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let mut studio = Studio::new();
        studio.open(1, remote(1, codec));
        let mut voice = Voice { payload_type: codec.payload_type(), ..Voice::new(9) };
        let press = |studio: &mut Studio, voice: &mut Voice, key| {
            for chunk in tone(codec, key).chunks(160) {
                studio.receive(1, address(1), voice.say(chunk));
                studio.run(20);
            }
        };
        press(&mut studio, &mut voice, '1');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        press(&mut studio, &mut voice, '2');
        press(&mut studio, &mut voice, '2');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: false });
        press(&mut studio, &mut voice, '3');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        press(&mut studio, &mut voice, '4');
        studio.run(1_000);
        for packet in voice.press('5') {
            studio.receive(1, address(1), packet);
            studio.run(20);
        }
        press(&mut studio, &mut voice, '6');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        press(&mut studio, &mut voice, '6');
        assert_eq!(studio.keys(), "2245");
    }
}

#[test]
fn a_press_that_comes_both_ways_counts_once() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
    let mut voice = Voice::new(9);
    // 60 ms of the tone leak through before the gateway makes events of it.
    for chunk in tone(Codec::Pcma, '8')[..480].chunks(160) {
        studio.receive(1, address(1), voice.say(chunk));
        studio.run(20);
    }
    assert_eq!(studio.keys(), "8");
    for packet in voice.press('8') {
        studio.receive(1, address(1), packet);
        studio.run(20);
    }
    assert_eq!(studio.keys(), "8");
}

#[test]
fn a_flood_of_presses_is_bounded() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    let mut voice = Voice::new(9);
    for _ in 0..1_000 {
        let packet = voice.press('1').remove(0);
        voice.ts = voice.ts.wrapping_add(5_000);
        studio.receive(1, address(1), packet);
    }
    assert!(studio.keys().len() <= 25, "{}", studio.keys().len());
}
