use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use crossbeam_channel::{bounded, unbounded};
use tokio::sync::oneshot;

use super::bench::{Bench, GUARD};
use crate::api::{Asked, Live};
use crate::call::Command;

/// Who waits for an answer, and looks at the agent in the moment in which it comes.
struct Look {
    live: Arc<Live>,
    seen: Mutex<Option<String>>,
    told: crossbeam_channel::Sender<()>,
}

impl Wake for Look {
    fn wake(self: Arc<Self>) {
        let agent = self.live.agent(&"8001".into());
        *self.seen.lock().unwrap() = agent.map(|agent| agent.status);
        self.told.send(()).unwrap();
    }
}

#[test]
fn who_is_answered_sees_at_once_what_the_command_did() {
    let (batches, _spool) = unbounded();
    let bench = Bench::new((42_340, 42_341), batches, bounded(1).0);
    let agent = || "8001".into();
    for (command, status) in [
        (Command::SignIn { agent: agent() }, "not_ready"),
        (Command::Ready { agent: agent() }, "ready"),
        (Command::NotReady { agent: agent(), reason: String::new() }, "not_ready"),
        (Command::SignOut { agent: agent() }, "signed_out"),
    ] {
        let (told, answered) = unbounded();
        let look = Arc::new(Look { live: Arc::clone(&bench.live), seen: Mutex::default(), told });
        let waker = Waker::from(Arc::clone(&look));
        let (reply, answer) = oneshot::channel();
        let mut answer = pin!(answer);
        let mut context = Context::from_waker(&waker);
        assert!(answer.as_mut().poll(&mut context).is_pending());
        bench.senders.commands.send(Asked { command, reply }).unwrap();
        answered.recv_timeout(GUARD).unwrap();
        assert_eq!(answer.as_mut().poll(&mut context), Poll::Ready(Ok(Ok(()))));
        assert_eq!(look.seen.lock().unwrap().as_deref(), Some(status));
    }
    bench.stop();
}
