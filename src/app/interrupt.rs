//! Ctrl-C, heard from one place for the whole of a command, so that none is missed in between.

/// The listener.
#[derive(Debug)]
pub(super) struct Interrupts {
    #[cfg(unix)]
    signals: tokio::signal::unix::Signal,
    /// SIGTERM, where it is heard too.
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    signals: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    /// Listens from now on; Ctrl-C no longer ends the program by itself.
    pub(super) fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        let signals = {
            use tokio::signal::unix::{SignalKind, signal};
            signal(SignalKind::interrupt())?
        };
        #[cfg(windows)]
        let signals = tokio::signal::windows::ctrl_c()?;
        Ok(Self {
            signals,
            #[cfg(unix)]
            terminate: None,
        })
    }

    /// The same, and for the system's wish that the program ends.
    pub(super) fn listen_with_terminate() -> std::io::Result<Self> {
        let interrupts = Self::listen()?;
        #[cfg(unix)]
        let interrupts = {
            use tokio::signal::unix::{SignalKind, signal};
            Self { terminate: Some(signal(SignalKind::terminate())?), ..interrupts }
        };
        Ok(interrupts)
    }

    /// The next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            tokio::select! {
                _ = self.signals.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        if self.signals.recv().await.is_none() {
            // No more can come.
            std::future::pending::<()>().await;
        }
    }
}
