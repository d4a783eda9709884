use std::sync::Arc;

use egui::{Key, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::protocol::{BackendEvent, Bot, BotId, BotOrigin, BotVersion, Library};
use crate::state::{Page, apply};
use crate::ui::shell::sample::{self, NOW, Stage, stage};

/// A template in version 1.1 and the user's bot, which was made of version 1.0.
fn dialog() -> Harness<'static, Stage<CompareView>> {
    let template = Bot {
        version: BotVersion::FIRST.next(),
        instructions: "Be brief\nalways.\n\nBe kind.".to_owned(),
        ..Bot::blank(BotId::from("tutor"), "Tutor")
    };
    let mine = Bot {
        id: BotId::from("my-tutor"),
        version: BotVersion::FIRST,
        instructions: "Be brief always.\n\nBe strict.".to_owned(),
        ..template.clone()
    };
    let base = Some((template.id.clone(), BotVersion::FIRST));
    let mine = BotEntry { base, ..BotEntry::new(mine, BotOrigin::Own) };
    let bots = vec![Arc::new(BotEntry::new(template, BotOrigin::BuiltIn)), Arc::new(mine)];
    let mut state = sample::state();
    let library = Arc::new(Library { bots, problems: Vec::new() });
    apply(&mut state, BackendEvent::Bots(library), NOW);
    state.page = Page::Gallery;
    state.overlay = Overlay::CompareBots(BotId::from("tutor"));
    let view = CompareView::default();
    let mut harness = stage(vec2(900.0, 800.0), state, view, |view, ui, state, out| {
        view.compare_ui(ui.ctx(), state, out);
    });
    harness.run();
    harness
}

#[test]
fn both_are_named_with_their_versions_and_only_what_differs_is_shown() {
    let harness = dialog();
    harness.get_by_label("version 1.1");
    harness.get_by_label("yours, version 1.0");
    harness.get_by_label_contains("Yours was made of version 1.0");
    harness.get_by_label("− Be kind.");
    harness.get_by_label("+ Be strict.");
    assert!(harness.query_by_label_contains("− Be brief").is_none(), "it is only wrapped");
    harness.get_by_label("Instructions");
    assert!(harness.query_by_label("Description").is_none());
}

#[test]
fn a_chat_with_mine_is_begun_or_mine_is_edited() {
    let mut harness = dialog();
    assert!(harness.get_by_label("Start chat with mine").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    assert!(
        harness.state().asked().iter().any(|asked| asked.contains("Start(BotId(\"my-tutor\"))"))
    );

    let mut harness = dialog();
    harness.get_by_label("Edit mine").click();
    harness.run();
    assert_eq!(harness.state().state.page, Page::Editor);
    assert_eq!(harness.state().state.overlay, Overlay::Nothing);
}
