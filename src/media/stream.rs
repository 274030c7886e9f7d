use arrayvec::ArrayVec;

use crate::base::{Instant, Key, StreamId};
use crate::media::detector::Detector;
use crate::media::dialler::Dialler;
use crate::media::latch::Latch;
use crate::media::line_tone::LineTones;
use crate::media::player::Player;
use crate::media::presses::Presses;
use crate::media::recording::Track;
use crate::media::rtcp::Reports;
use crate::media::sender::Sender;
use crate::media::source::Source;
use crate::media::timeline::Timeline;
use crate::media::watch::Watch;
use crate::media::{Remote, Settings, Stats};

/// Recordings that one stream may be in.
const TRACKS_MAX: usize = 4;

/// One party's media: what it is and how it stands. What it says is in `hearing`, what it is sent in
/// `speaking`.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(super) id: StreamId,
    pub(super) remote: Remote,
    pub(super) rtp: Latch,
    pub(super) rtcp: Latch,
    pub(super) source: Source,
    pub(super) timeline: Timeline,
    pub(super) presses: Presses,
    /// There while keys are listened for in the speech.
    pub(super) detector: Option<Box<Detector>>,
    /// Tones of the party's network.
    pub(super) line_tones: LineTones,
    pub(super) sender: Sender,
    pub(super) player: Player,
    pub(super) dialler: Dialler,
    pub(super) watch: Watch,
    pub(super) reports: Reports,
    pub(super) next_report: Instant,
    /// The newest tick that it had.
    pub(super) ticked: Instant,
    /// Ticks of one packet that is made here, and how many of them have passed.
    pub(super) frame: (u8, u8),
    pub(super) strangers: u64,
    pub(super) unread: u64,
    /// Packets that came too late for a recording.
    unrecorded: u64,
    pub(super) keys: u64,
    /// Whom this party is forwarded to: a place among the worker's streams.
    pub(super) to: Option<usize>,
    /// The recordings this party is in: places among the worker's.
    pub(super) tracks: ArrayVec<(usize, Track), TRACKS_MAX>,
}

impl Stream {
    /// A stream that begins at `now`.
    pub(crate) fn new(
        now: Instant,
        id: StreamId,
        remote: Remote,
        random: u64,
        settings: &Settings,
    ) -> Self {
        Self {
            id,
            rtp: Latch::new(remote.rtp, remote.signalling_ip),
            rtcp: Latch::new(remote.rtcp, remote.signalling_ip),
            source: Source::default(),
            timeline: Timeline::default(),
            presses: Presses::default(),
            detector: None,
            line_tones: LineTones::default(),
            sender: Sender::new(now, random),
            player: Player::Idle,
            dialler: Dialler::default(),
            watch: Watch::new(now),
            reports: Reports::default(),
            next_report: now + settings.stats_every,
            ticked: Instant::ZERO,
            frame: (frame_ticks(remote.ptime_ms), 0),
            strangers: 0,
            unread: 0,
            unrecorded: 0,
            keys: 0,
            to: None,
            tracks: ArrayVec::new(),
            remote,
        }
    }

    /// Which.
    pub(crate) fn id(&self) -> StreamId {
        self.id
    }

    /// Another agreement.
    pub(crate) fn agree(&mut self, now: Instant, remote: Remote) {
        self.rtp.agree(remote.rtp, remote.signalling_ip);
        self.rtcp.agree(remote.rtcp, remote.signalling_ip);
        if remote.may_send && !self.remote.may_send {
            self.watch.resume(now);
        }
        self.frame = (frame_ticks(remote.ptime_ms), 0);
        self.remote = remote;
    }

    /// What plays from now on.
    pub(crate) fn play(&mut self, player: Player) {
        self.player = player;
        self.frame.1 = 0;
    }

    /// Whether something made here plays.
    pub(crate) fn is_playing(&self) -> bool {
        self.player.is_playing()
    }

    /// Listens for keys in the speech, or no more.
    pub(crate) fn expect_keys(&mut self, on: bool) {
        let wanted = on && !self.presses.has_events();
        if wanted != self.detector.is_some() {
            self.detector = wanted.then(|| Box::new(Detector::new()));
        }
    }

    /// Sends a key; false when too many wait.
    pub(crate) fn send_key(&mut self, key: Key, ms: u32) -> bool {
        self.dialler.push(key, ms)
    }

    /// Whom this party is forwarded to.
    pub(crate) fn to(&self) -> Option<usize> {
        self.to
    }

    /// Forwards this party to another, to itself, or to nobody; who is forwarded to whom is mutual.
    pub(crate) fn lead(&mut self, to: Option<usize>) {
        self.to = to;
        self.sender.leave();
    }

    /// The partner has another place, and the row of what is forwarded goes on.
    pub(crate) fn rename(&mut self, place: impl FnOnce(usize) -> Option<usize>) {
        self.to = self.to.and_then(place);
    }

    /// The recordings have other places.
    pub(crate) fn rename_tracks(&mut self, place: impl Fn(usize) -> Option<usize>) {
        self.tracks = self
            .tracks
            .iter()
            .filter_map(|(recording, track)| Some((place(*recording)?, *track)))
            .collect();
    }

    /// What is forwarded to this party begins anew: packets in between were left out on purpose.
    pub(crate) fn begin_anew(&mut self) {
        self.sender.leave();
    }

    /// The recordings this party is in.
    pub(crate) fn tracks(&self) -> &[(usize, Track)] {
        &self.tracks
    }

    /// Puts this party into a recording; false when it is in too many.
    pub(crate) fn join(&mut self, recording: usize, track: Track) -> bool {
        self.tracks.try_push((recording, track)).is_ok()
    }

    /// Takes this party out of a recording.
    pub(crate) fn part(&mut self, recording: usize) {
        self.tracks.retain(|(of, _)| *of != recording);
    }

    /// A packet came too late for a recording.
    pub(crate) fn miss(&mut self) {
        self.unrecorded += 1;
    }

    /// The figures.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            received: self.source.received,
            sent: self.sender.sent,
            lost: self.source.lost(),
            repeated: self.source.repeated,
            late: self.source.late,
            strangers: self.strangers,
            unread: self.unread,
            unrecorded: self.unrecorded,
            jitter_us: self.source.jitter_us(),
            far_loss: self.reports.far_loss,
            far_jitter_us: self.reports.far_jitter_us,
            round_trip_us: self.reports.round_trip_us,
            keys: self.keys,
            source: self.rtp.source(),
        }
    }
}

/// Ticks of one packet.
fn frame_ticks(ptime_ms: u8) -> u8 {
    match ptime_ms {
        40 => 2,
        60 => 3,
        _ => 1,
    }
}
