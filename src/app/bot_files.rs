//! The dialogs to choose files of bots: those to be imported, and the one to export a bot to.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::protocol::{Bot, BotFormat};

/// Answers of dialogs that may wait to be taken.
const WAITING: usize = 16;
/// Nobody closes a dialog this fast: it was never shown.
const NOT_SHOWN: Duration = Duration::from_millis(150);

/// Endings of files that a bot may stand in.
const ENDINGS: [&str; 5] = ["yaml", "yml", "json", "png", "txt"];

/// What came of a dialog.
#[derive(Debug)]
pub(super) enum Picked {
    /// Files to import bots from.
    Import(Vec<PathBuf>),
    /// The file for a bot.
    Export(Box<Bot>, BotFormat, PathBuf),
    /// No dialog could be shown to import bots.
    NoImportDialog,
    /// No dialog could be shown to export one.
    NoExportDialog,
}

/// Shows the dialogs; what comes of them waits to be taken.
#[derive(Debug)]
pub(super) struct BotFiles {
    sender: mpsc::Sender<Picked>,
    done: mpsc::Receiver<Picked>,
}

impl BotFiles {
    pub(super) fn new() -> Self {
        let (sender, done) = mpsc::channel(WAITING);
        Self { sender, done }
    }

    /// What has come of it since the last frame.
    pub(super) fn next(&mut self) -> Option<Picked> {
        self.done.try_recv().ok()
    }

    /// Asks for files to import. Call it on the main thread, as macOS demands.
    pub(super) fn pick(&self, runtime: &Handle, ctx: &egui::Context) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Import bots")
            .add_filter("Bots", &ENDINGS)
            .add_filter("All files", &["*"])
            .pick_files();
        let chosen = async {
            let files = dialog.await?;
            Some(Picked::Import(files.iter().map(|file| file.path().to_owned()).collect()))
        };
        self.answer(runtime, ctx, (chosen, Picked::NoImportDialog));
    }

    /// Asks where a bot shall go. Call it on the main thread, as macOS demands.
    pub(super) fn save(
        &self,
        runtime: &Handle,
        ctx: &egui::Context,
        (bot, format): (Box<Bot>, BotFormat),
    ) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Export bot")
            .set_file_name(format.file_name(&bot.id).to_string_lossy())
            .save_file();
        let chosen = async move {
            let file = dialog.await?;
            Some(Picked::Export(bot, format, file.path().to_owned()))
        };
        self.answer(runtime, ctx, (chosen, Picked::NoExportDialog));
    }

    fn answer(
        &self,
        runtime: &Handle,
        ctx: &egui::Context,
        (chosen, none): (impl Future<Output = Option<Picked>> + Send + 'static, Picked),
    ) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let shown = Instant::now();
        runtime.spawn(async move {
            let picked = match chosen.await {
                Some(picked) => picked,
                None if shown.elapsed() < NOT_SHOWN => none,
                None => return,
            };
            if sender.send(picked).await.is_ok() {
                ctx.request_repaint();
            }
        });
    }
}
