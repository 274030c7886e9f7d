use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;

/// A body that is made piece by piece, each when the one before has gone out: a slow reader costs
/// one piece of memory, and nothing runs while it reads nothing.
pub(crate) struct Chunks<S, F, N> {
    state: Option<S>,
    step: F,
    running: Option<Pin<Box<N>>>,
}

/// Pieces made by `step` from a state that it takes and gives back; `None` ends them.
pub(crate) fn chunks<S, T, F, N>(state: S, step: F) -> Chunks<S, F, N>
where
    F: FnMut(S) -> N,
    N: Future<Output = Option<(T, S)>>,
{
    Chunks { state: Some(state), step, running: None }
}

impl<S, T, F, N> Stream for Chunks<S, F, N>
where
    S: Unpin,
    F: FnMut(S) -> N + Unpin,
    N: Future<Output = Option<(T, S)>>,
{
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(state) = self.state.take() {
            self.running = Some(Box::pin((self.step)(state)));
        }
        let Some(running) = &mut self.running else { return Poll::Ready(None) };
        let Poll::Ready(made) = running.as_mut().poll(context) else { return Poll::Pending };
        self.running = None;
        let (piece, state) = match made {
            Some(made) => made,
            None => return Poll::Ready(None),
        };
        self.state = Some(state);
        Poll::Ready(Some(piece))
    }
}
