//! The window: drains what the backend told, draws, hands on what the user asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::tz::TimeZone;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;

use super::attach::Attachments;
use super::backend::{Backend, BackendParts};
use super::bot_files::{BotFiles, Picked};
use super::config::{self, ConfigError};
use super::environment;
use super::frame_log::{CpuClock, FrameLog};
use crate::agent::{Clock, Environment};
use crate::net::known;
use crate::protocol::{
    BackendCommand, BackendEvent, BotFormat, IdSource, Notice, NoticeCode, Timestamp,
};
use crate::state::{self, AppState, BotCommand, Effect, HandleContext, Settings, UiCommand};
use crate::store::help;
use crate::store::secrets::Secrets;
use crate::store::{Paths, ReadState};
use crate::ui;

/// Events applied in one frame at most, and for how long: a flood is spread over frames.
const EVENTS_PER_FRAME: usize = 4_096;
const DRAIN_TIME: Duration = Duration::from_millis(4);

/// The variable that names the frame log.
const FRAME_LOG: &str = "SWITCHBOARD_FRAME_LOG";

/// What an app is made of; for tests, which must not see the machine's own.
#[derive(Debug)]
pub struct AppParts {
    /// Where the files are.
    pub paths: Paths,
    /// The environment, `.env` files included.
    pub environment: Environment,
    /// Where keys are kept.
    pub secrets: Secrets,
    /// The time.
    pub clock: Clock,
    /// The time zone in which times are shown.
    pub zone: TimeZone,
    /// Whether local servers are looked for and model lists are asked for at start.
    pub ask_at_start: bool,
}

impl AppParts {
    /// Everything as this machine has it.
    pub fn of_this_machine(paths: &Paths) -> Self {
        Self {
            paths: paths.clone(),
            environment: environment::read(&paths.env_files()),
            secrets: Secrets::from_environment(&paths.keys_file()),
            clock: Clock::system(),
            zone: TimeZone::system(),
            ask_at_start: true,
        }
    }
}

/// The app as eframe runs it.
#[derive(Debug)]
pub struct App {
    state: AppState,
    root: ui::Root,
    clock: Clock,
    runtime: Runtime,
    backend: Option<Backend>,
    config_file: PathBuf,
    saved: Settings,
    settings_changed: bool,
    saving: Option<JoinHandle<Result<(), ConfigError>>>,
    focused: bool,
    attachments: Attachments,
    bot_files: BotFiles,
    frame_log: Option<FrameLog>,
    commands: Vec<UiCommand>,
}

impl App {
    /// An app over the files at `paths`, drawing into `ctx`.
    ///
    /// # Errors
    ///
    /// When the runtime's threads cannot be started.
    pub fn new(ctx: &egui::Context, paths: &Paths) -> std::io::Result<Self> {
        Self::with_parts(ctx, AppParts::of_this_machine(paths))
    }

    /// The same of given parts.
    ///
    /// # Errors
    ///
    /// When the runtime's threads cannot be started.
    pub fn with_parts(ctx: &egui::Context, parts: AppParts) -> std::io::Result<Self> {
        let AppParts { paths, environment, secrets, clock, zone, ask_at_start } = parts;
        ui::theme::install(ctx);
        let loaded = config::load(&paths.config_file());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("switchboard-worker")
            .enable_all()
            .build()?;
        let backend = {
            let _inside = runtime.enter();
            let woken = {
                let ctx = ctx.clone();
                move || ctx.request_repaint()
            };
            let parts = BackendParts {
                paths: paths.clone(),
                settings: loaded.settings.clone(),
                environment,
                secrets,
                clock,
                read: ReadState::Unread,
                ask_at_start,
            };
            Backend::start(parts, woken)
        };
        let mut state =
            AppState::new(loaded.settings.clone(), help::pages(), paths.data_dir.clone());
        state.known = &known::PROVIDERS;
        state.config_dir = Arc::new(paths.config_dir.clone());
        let mut app = Self {
            state,
            root: ui::Root::new(clock.now, &zone),
            clock,
            runtime,
            backend: Some(backend),
            config_file: paths.config_file(),
            saved: loaded.settings,
            settings_changed: false,
            saving: None,
            focused: true,
            attachments: Attachments::new(),
            bot_files: BotFiles::new(),
            frame_log: std::env::var_os(FRAME_LOG)
                .and_then(|file| FrameLog::open(&PathBuf::from(file))),
            commands: Vec::new(),
        };
        for notice in loaded.notices {
            app.apply(BackendEvent::Notice(notice), ctx);
        }
        let effects = state::start(&mut app.state);
        app.carry_out(effects, ctx);
        Ok(app)
    }

    /// What the window shows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    fn now(&self) -> Timestamp {
        (self.clock.now)()
    }

    /// Takes what the backend told, up to a cap.
    fn drain(&mut self, ctx: &egui::Context) {
        let since = Instant::now();
        for _ in 0..EVENTS_PER_FRAME {
            let Some(backend) = &mut self.backend else { return };
            let Ok(event) = backend.events.try_recv() else { return };
            if let (Some(log), BackendEvent::Run(event)) = (&mut self.frame_log, &event) {
                log.applied(event.run, event.seq);
            }
            self.apply(event, ctx);
            if since.elapsed() > DRAIN_TIME {
                break;
            }
        }
        // More may be waiting: the next frame takes it.
        ctx.request_repaint();
    }

    /// Takes what the backend told.
    pub fn apply(&mut self, event: BackendEvent, ctx: &egui::Context) {
        let now = self.now();
        let effects = state::apply(&mut self.state, event, now);
        self.carry_out(effects, ctx);
    }

    /// Takes files that were read.
    fn take_files(&mut self, ctx: &egui::Context) {
        while let Some(command) = self.attachments.next() {
            let context = self.context();
            let effects = state::handle(&mut self.state, command, context);
            self.carry_out(effects, ctx);
        }
    }

    /// Takes files of bots that were chosen.
    fn take_bot_files(&mut self, ctx: &egui::Context) {
        while let Some(picked) = self.bot_files.next() {
            let command = match picked {
                Picked::Import(paths) => BotCommand::ImportFiles(paths),
                Picked::NoImportDialog => BotCommand::NoImportDialog,
                Picked::NoExportDialog => BotCommand::NoFileDialog,
                Picked::Export(bot, format, to) => {
                    let to = Some(to);
                    self.hand_over(BackendCommand::ExportBot { bot, format, to }, ctx);
                    continue;
                }
            };
            let context = self.context();
            let effects = state::handle(&mut self.state, UiCommand::Bots(command), context);
            self.carry_out(effects, ctx);
        }
    }

    /// Another process may have changed the list of chats, or the bots, while this window was in the back.
    fn follow_focus(&mut self, ctx: &egui::Context) {
        let focused = ctx.input(|input| input.focused);
        if focused && !std::mem::replace(&mut self.focused, focused) {
            let effects = state::start(&mut self.state);
            self.carry_out(effects, ctx);
        }
        self.focused = focused;
    }

    fn tick(&mut self, ctx: &egui::Context) {
        let now = self.now();
        let (effects, next) = state::tick(&mut self.state, now);
        self.carry_out(effects, ctx);
        self.save_settings(ctx);
        if let Some(next) = next {
            ctx.request_repaint_after(Duration::from_millis(next.ms_since(now)));
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>, ctx: &egui::Context) {
        for effect in effects {
            match effect {
                Effect::Backend(command) => self.hand_over(command, ctx),
                Effect::SaveSettings => self.settings_changed = true,
                Effect::Copy(text) => ctx.copy_text(text),
                Effect::OpenUrl(url) => self.open_outside(url),
                Effect::OpenFolder(folder) => self.open_outside(folder.display().to_string()),
                Effect::PickFiles(chat) => {
                    self.attachments.pick(self.runtime.handle(), ctx, chat);
                }
                Effect::ReadFiles(id, paths) => {
                    self.attachments.read(self.runtime.handle(), ctx, (id, paths));
                }
                Effect::PickBots => self.bot_files.pick(self.runtime.handle(), ctx),
                Effect::ExportBot(bot, BotFormat::Block) => {
                    let (format, to) = (BotFormat::Block, None);
                    self.hand_over(BackendCommand::ExportBot { bot, format, to }, ctx);
                }
                Effect::ExportBot(bot, format) => {
                    self.bot_files.save(self.runtime.handle(), ctx, (bot, format));
                }
                Effect::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            }
        }
    }

    /// Hands a command to the backend. The window never waits: a full channel is a notice, and a
    /// message goes back to the composer.
    fn hand_over(&mut self, command: BackendCommand, ctx: &egui::Context) {
        let Some(backend) = &self.backend else { return };
        let (Err(TrySendError::Full(command)) | Err(TrySendError::Closed(command))) =
            backend.commands.try_send(command)
        else {
            return;
        };
        if let Some(query) = command.query() {
            self.apply(BackendEvent::QueryFailed(query), ctx);
        }
        if let BackendCommand::Send(request) = command {
            let (chat, message) = (request.chat, request.message);
            let draft = (*request).into();
            self.apply(BackendEvent::NotSent { chat, message, draft }, ctx);
        }
        let notice = Notice { code: NoticeCode::Busy, detail: String::new() };
        self.apply(BackendEvent::Notice(notice), ctx);
    }

    /// Writes changed settings, one write at a time; what changes meanwhile follows.
    fn save_settings(&mut self, ctx: &egui::Context) {
        if let Some(saving) = &mut self.saving {
            match saving.now_or_never() {
                None => return,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => self.settings_not_saved(&error.to_string(), ctx),
                Some(Err(error)) => self.settings_not_saved(&error.to_string(), ctx),
            }
            self.saving = None;
        }
        if !std::mem::take(&mut self.settings_changed) {
            return;
        }
        let before = std::mem::replace(&mut self.saved, self.state.settings.clone());
        let (after, file, ctx) = (self.saved.clone(), self.config_file.clone(), ctx.clone());
        self.saving = Some(self.runtime.spawn_blocking(move || {
            let saved = config::save(&file, &before, &after);
            ctx.request_repaint();
            saved
        }));
    }

    fn settings_not_saved(&mut self, detail: &str, ctx: &egui::Context) {
        let notice = Notice { code: NoticeCode::ConfigNotSaved, detail: detail.to_owned() };
        self.apply(BackendEvent::Notice(notice), ctx);
    }

    fn open_outside(&self, target: String) {
        self.runtime.spawn_blocking(move || {
            if let Err(error) = open::that_detached(&target) {
                tracing::warn!(%error, "could not be opened outside");
            }
        });
    }

    fn context(&self) -> HandleContext {
        HandleContext { now: self.now(), ids: IdSource }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        let cpu = CpuClock::start();
        self.drain(ctx);
        self.take_files(ctx);
        self.take_bot_files(ctx);
        self.follow_focus(ctx);
        self.tick(ctx);
        if let Some(log) = &mut self.frame_log {
            log.logic_done(cpu);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let cpu = CpuClock::start();
        let now = self.now();
        let mut commands = std::mem::take(&mut self.commands);
        self.root.root_ui(ui, &self.state, now, &mut commands);
        let ctx = ui.ctx().clone();
        if !commands.is_empty() {
            // What was asked in this frame is seen in the next one.
            ctx.request_repaint();
        }
        for command in commands.drain(..) {
            let context = self.context();
            let effects = state::handle(&mut self.state, command, context);
            self.carry_out(effects, &ctx);
        }
        self.commands = commands;
        if let Some(log) = &mut self.frame_log {
            let causes: Vec<String> =
                ctx.repaint_causes().iter().map(ToString::to_string).collect();
            log.ui_done(cpu, &causes);
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.end();
    }
}

impl App {
    /// Saves what is typed and ends the backend. The window is gone by then, so waiting is fine.
    fn end(&mut self) {
        let effects = state::save_all_drafts(&mut self.state);
        let Some(backend) = self.backend.take() else { return };
        let (saving, changed) = (self.saving.take(), self.settings_changed);
        self.runtime.block_on(async {
            if let Some(saving) = saving
                && saving.await.is_err()
            {
                tracing::error!("settings not saved");
            }
            for effect in effects {
                if let Effect::Backend(command) = effect
                    && backend.commands.send(command).await.is_err()
                {
                    break;
                }
            }
            backend.end().await;
        });
        if changed
            && let Err(error) = config::save(&self.config_file, &self.saved, &self.state.settings)
        {
            tracing::error!(%error, "settings not saved");
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.end();
    }
}
