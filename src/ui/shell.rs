//! The frame of the window: sidebar, header, page, and what lies on top.

use egui::{
    Align2, Area, CentralPanel, Context, CornerRadius, Frame, Id, Margin, Modal, Panel, Rect, Ui,
    UiBuilder, Vec2, vec2,
};
use jiff::tz::TimeZone;

use super::boundary::{self, PanelFailure};
use super::compare_bots::CompareView;
use super::editor::EditorDialogs;
use super::header::{self, HeaderView, Sidebar};
use super::import_dialog::ImportView;
use super::link_dialog;
use super::palette_view::PaletteView;
use super::shortcuts;
use super::sidebar::{self, SidebarView};
use super::start_dialog::StartDialog;
use super::theme::{self, Mode, Palette};
use super::toasts::ToastsView;
use crate::protocol::Timestamp;
use crate::state::{AppState, BotCommand, FocusTarget, Page, UiCommand};

/// Below this width the sidebar hides, and opens on top of the page.
pub const NARROW: f32 = 720.0;

/// Everything in the window but the page itself.
#[derive(Debug, Default)]
pub struct Shell {
    sidebar: SidebarView,
    header: HeaderView,
    toasts: ToastsView,
    palette: PaletteView,
    bots: BotDialogs,
    failures: Failures,
    /// The sidebar lies on top of the page of a narrow window.
    drawer_open: bool,
    /// The last request for the keyboard that was looked at.
    seen_focus: u64,
    /// The page that `failures.center` is about.
    page: Option<Page>,
}

/// The dialogs about bots.
#[derive(Debug, Default)]
struct BotDialogs {
    start: StartDialog,
    editor: EditorDialogs,
    import: ImportView,
    compare: CompareView,
}

/// Which parts failed, if any.
#[derive(Debug, Default)]
struct Failures {
    sidebar: Option<PanelFailure>,
    header: Option<PanelFailure>,
    center: Option<PanelFailure>,
    overlay: Option<PanelFailure>,
    toasts: Option<PanelFailure>,
}

impl Shell {
    /// A frame with a time zone of the caller's choice.
    pub fn new(zone: TimeZone) -> Self {
        let editor = EditorDialogs::new(zone.clone());
        let bots = BotDialogs { editor, ..BotDialogs::default() };
        Self { sidebar: SidebarView::new(zone), bots, ..Self::default() }
    }

    /// Draws a frame of the window into the whole of `ui`. `center` draws the page.
    pub fn shell_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        mut center: impl FnMut(&mut Ui, &mut Vec<UiCommand>),
        out: &mut Vec<UiCommand>,
    ) {
        let ctx = ui.ctx().clone();
        let appearance = &state.settings.appearance;
        let mode = Mode::resolve(appearance.theme, ctx.system_theme());
        theme::apply(&ctx, mode, appearance.text_size);
        ui.reset_style();
        // What is drawn now may push commands of its own; earlier ones are not ours to change.
        let before = out.len();
        let popup_open = shortcuts::popup_is_open(&ctx);
        shortcuts::dispatch(&ctx, out);
        let narrow = ui.available_width() < NARROW;
        self.follow_focus(state, narrow);
        let beside = !narrow && appearance.sidebar;
        let fill = Frame::new().fill(mode.palette().bg);
        CentralPanel::no_frame().frame(fill).show(ui, |ui| {
            if beside {
                self.sidebar_ui(ui, state, now, out);
            }
            let sidebar = if beside { Sidebar::Shown } else { Sidebar::Hidden };
            self.header_ui(ui, state, sidebar, out);
            if self.page.as_ref() != Some(&state.page) {
                self.page = Some(state.page.clone());
                self.failures.center = None;
            }
            boundary::panel_ui(ui, "page", &mut self.failures.center, out, &mut center);
        });
        if narrow && self.drawer_open {
            self.drawer_ui(&ctx, state, now, out);
        }
        self.on_top_ui(&ctx, state, out);
        if !popup_open {
            shortcuts::dispatch_escape(&ctx, out);
        }
        if narrow {
            self.steer_drawer(before, out);
        }
    }

    fn sidebar_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let (view, failure) = (&mut self.sidebar, &mut self.failures.sidebar);
        Panel::left("sidebar")
            .exact_size(sidebar::WIDTH)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::new().fill(Palette::of(ui).panel))
            .show(ui, |ui| {
                boundary::panel_ui(ui, "sidebar", failure, out, |ui, out| {
                    view.sidebar_ui(ui, state, now, out);
                });
            });
    }

    fn header_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        sidebar: Sidebar,
        out: &mut Vec<UiCommand>,
    ) {
        let (view, failure) = (&mut self.header, &mut self.failures.header);
        Panel::top("header")
            .exact_size(header::HEIGHT)
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::new())
            .show(ui, |ui| {
                boundary::panel_ui(ui, "header", failure, out, |ui, out| {
                    view.header_ui(ui, state, sidebar, out);
                });
            });
    }

    /// The sidebar on top of the page.
    fn drawer_ui(
        &mut self,
        ctx: &Context,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let (view, failure) = (&mut self.sidebar, &mut self.failures.sidebar);
        let size = vec2(sidebar::WIDTH, ctx.content_rect().height());
        let area = Modal::default_area(Id::unique("drawer"))
            .anchor(Align2::LEFT_TOP, Vec2::ZERO)
            .accessible_name("Sidebar")
            .default_size(size)
            .fade_in(false);
        let response = modal(ctx, area, 0).frame(Frame::new()).show(ctx, |ui| {
            let (_, rect) = ui.allocate_space(size);
            let rect = Rect::from_min_size(rect.min, size);
            let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
            boundary::panel_ui(&mut child, "sidebar", failure, out, |ui, out| {
                view.sidebar_ui(ui, state, now, out);
            });
        });
        if response.should_close() {
            self.drawer_open = false;
        }
    }

    fn on_top_ui(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        let (palette, toasts, bots) = (&mut self.palette, &mut self.toasts, &mut self.bots);
        let failed = boundary::overlay_ui(ctx, "dialog", &mut self.failures.overlay, out, |out| {
            palette.palette_ui(ctx, state, out);
            link_dialog::link_ui(ctx, state, out);
            bots.start.dialog_ui(ctx, state, out);
            bots.editor.dialogs_ui(ctx, state, out);
            bots.import.import_ui(ctx, state, out);
            bots.compare.compare_ui(ctx, state, out);
        });
        if failed {
            out.push(UiCommand::CloseOverlay);
        }
        boundary::overlay_ui(ctx, "toasts", &mut self.failures.toasts, out, |out| {
            toasts.toasts_ui(ctx, state, out);
        });
    }

    /// A search for chats needs the sidebar.
    fn follow_focus(&mut self, state: &AppState, narrow: bool) {
        let (target, counter) = state.focus;
        if counter != self.seen_focus {
            self.seen_focus = counter;
            if narrow {
                self.drawer_open = target == FocusTarget::ChatSearch;
            }
        }
        self.drawer_open &= narrow;
    }

    /// In a narrow window showing the sidebar is not a setting: it opens and closes on top.
    fn steer_drawer(&mut self, before: usize, out: &mut Vec<UiCommand>) {
        let mut at = 0;
        let mut toggled = false;
        out.retain(|command| {
            at += 1;
            let ours = at > before && matches!(command, UiCommand::ToggleSidebar);
            toggled |= ours;
            !ours
        });
        if toggled {
            self.drawer_open = !self.drawer_open;
        } else if out.iter().skip(before).any(leaves_drawer) {
            self.drawer_open = false;
        }
    }
}

/// What lies on top and keeps the rest from being used, with this much room around its contents.
pub(super) fn modal(ctx: &Context, area: Area, margin: i8) -> Modal {
    let style = ctx.global_style();
    let dark = style.visuals.dark_mode;
    let palette = if dark { &Palette::DARK } else { &Palette::LIGHT };
    let frame = Frame::popup(&style)
        .corner_radius(CornerRadius::same(12))
        .inner_margin(Margin::same(margin));
    // The id is that of the area.
    Modal::new(Id::NULL).area(area).frame(frame).backdrop_color(palette.shadow)
}

fn leaves_drawer(command: &UiCommand) -> bool {
    matches!(
        command,
        UiCommand::OpenChat(_)
            | UiCommand::NewChat
            | UiCommand::OpenSettings(_)
            | UiCommand::OpenHelp(_)
            | UiCommand::Bots(BotCommand::OpenGallery)
            | UiCommand::OpenPalette
    )
}

#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;
