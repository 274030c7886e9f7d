use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::node::visitors::Visitor;

/// A connection to the API: it counts as a [`Visitor`] as long as anybody holds it, also when it has
/// become a WebSocket, and a peer that reads nothing cannot hold it for ever.
#[derive(Debug)]
pub(crate) struct Guest<S> {
    stream: S,
    /// How long a write may go without progress.
    patience: Duration,
    /// Runs while a write waits for the peer.
    waits: Option<Pin<Box<Sleep>>>,
    _visitor: Visitor,
}

impl<S> Guest<S> {
    pub(crate) fn new(stream: S, visitor: Visitor, patience: Duration) -> Self {
        Self { stream, patience, waits: None, _visitor: visitor }
    }

    /// What a write says, or that it took too long.
    fn within<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let patience = self.patience;
        let waits = self.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        waits.as_mut().poll(context).map(|()| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the peer reads nothing of what it is sent",
            ))
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guest<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guest<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.within(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_pending() { self.within(context, flushed) } else { flushed }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.within(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::node::visitors::Visitors;

    #[test]
    fn who_reads_nothing_is_left_and_who_reads_slowly_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let patience = Duration::from_millis(400);
            let visitors = Visitors::new(1);
            let enter = || visitors.enter("10.0.0.1:1".parse().unwrap()).unwrap();
            let (near, _far) = tokio::io::duplex(16);
            let mut guest = Guest::new(near, enter(), patience);
            let error = guest.write_all(&[0; 17]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);

            let (near, mut far) = tokio::io::duplex(16);
            let mut guest = Guest::new(near, enter(), patience);
            let read = async {
                let mut bytes = [0; 16];
                for _ in 0..10 {
                    tokio::time::sleep(Duration::from_millis(60)).await;
                    far.read_exact(&mut bytes).await.unwrap();
                }
            };
            // It takes longer than the patience in all.
            let (written, ()) = tokio::join!(guest.write_all(&[0; 160]), read);
            written.unwrap();
        });
    }
}
