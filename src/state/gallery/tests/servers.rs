//! Bots of servers among those of this computer.

use super::*;

const TAX: &str = "id: tax-organiser\nversion: \"1.0\"\nname: Tax Organiser\ndescription: Sorts \
                   receipts.\ncategory: finance\ntags: [tax, \"receipts: all\"]\nicon: folder\n\
                   color: green\ninstructions: |\n  You sort receipts.\n\n  By year.\n";

fn tax() -> Bot {
    Bot {
        category: Category::Finance,
        description: "Sorts receipts.".to_owned(),
        tags: vec!["tax".to_owned(), "receipts: all".to_owned()],
        icon: BotIcon::Folder,
        color: BotColor::Green,
        instructions: "You sort receipts.\n\nBy year.\n".to_owned(),
        ..bot("tax-organiser", "Tax Organiser")
    }
}

fn told(id: &str, name: &str, description: &str, template: Option<&str>) -> RemoteBot {
    RemoteBot {
        id: id.into(),
        name: name.to_owned(),
        description: description.to_owned(),
        template: template.map(str::to_owned),
        variables: Vec::new(),
    }
}

fn copy(template: Option<&str>) -> RemoteBot {
    told("tax-organiser", "Tax Organiser", "Sorts receipts.", template)
}

fn link(state: &mut AppState, id: &str, name: &str, bots: Vec<RemoteBot>) {
    let config = ServerConfig {
        id: id.into(),
        name: name.to_owned(),
        url: "wss://home.example".to_owned(),
        token_query: false,
        dual: false,
        ca_file: None,
    };
    let link = LinkState::Offline;
    let server =
        ServerState { config, has_token: true, link, models: Vec::new(), bots, has_older: false };
    let changed = RemoteEvent::Changed(Box::new(server));
    apply(state, BackendEvent::Remote(changed), NOW);
}

fn here() -> Vec<BotEntry> {
    vec![entry(tax()), entry(bot("zebra", "Zebra"))]
}

#[test]
fn a_bot_of_this_computer_comes_before_an_equal_one_of_a_server() {
    let mut state = state(here());
    // Its template says more than the bot here: both are offered.
    let more = TAX.replace("By year.", "By month.");
    link(
        &mut state,
        "home",
        "Home",
        vec![copy(Some(&more)), told("aardvark", "Aardvark", "", None)],
    );
    assert_eq!(search(&mut state, "tax organiser"), ["tax-organiser", "home/tax-organiser"]);
    assert_eq!(state.gallery.selected, Some("tax-organiser".into()), "Enter begins this one");
    assert_eq!(
        search(&mut state, ""),
        ["tax-organiser", "zebra", "home/aardvark", "home/tax-organiser"]
    );
    ask(&mut state, BotCommand::Sort(GallerySort::Name));
    let by_name = ["home/aardvark", "tax-organiser", "home/tax-organiser", "zebra"];
    assert_eq!(shown(&state), by_name, "by name the name decides");
}

#[test]
fn a_copy_of_a_bot_of_this_computer_stands_on_the_shelf_of_its_server_only() {
    for template in [None, Some(TAX)] {
        let mut state = state(here());
        let own = told("gardener", "Gardener", "Waters", None);
        link(&mut state, "home", "Home Lab", vec![copy(template), own]);
        assert_eq!(search(&mut state, ""), ["tax-organiser", "zebra", "home/gardener"]);
        assert_eq!(state.gallery.counts().count(GalleryFilter::All), 3);
        assert_eq!(state.gallery.counts().count(GalleryFilter::Server(0)), 2);
        assert_eq!(search(&mut state, "tax"), ["tax-organiser"]);
        assert_eq!(search(&mut state, "tax lab"), ["home/tax-organiser"], "its server is named");
        assert_eq!(search(&mut state, "home"), ["home/gardener", "home/tax-organiser"]);
        assert_eq!(search(&mut state, "gard"), ["home/gardener"]);
        search(&mut state, "om");
        assert_eq!(state.gallery.found(), Found::Usual, "no word begins like this");
        search(&mut state, "");
        ask(&mut state, BotCommand::Show(GalleryFilter::Server(0)));
        assert_eq!(shown(&state), ["home/gardener", "home/tax-organiser"]);
        assert_eq!(search(&mut state, "tax"), ["home/tax-organiser"]);
    }
}

#[test]
fn a_bot_that_differs_in_anything_told_is_no_copy() {
    let changed = |from: &str, to: &str| copy(Some(&TAX.replace(from, to)));
    let table = [
        changed("\"1.0\"", "\"1.1\""),
        changed("You sort", "You lose"),
        changed("green", "red"),
        changed("finance", "a-shelf-of-another-age"),
        told("tax-organiser", "Tax Organiser", "Sorts other receipts.", None),
        told("tax-organiser", "My tax", "Sorts receipts.", None),
        told("taxes", "Tax Organiser", "Sorts receipts.", None),
    ];
    for bot in table {
        let mut state = state(here());
        link(&mut state, "home", "Home", vec![bot.clone()]);
        assert_eq!(shown(&state).len(), 3, "{bot:?}");
    }
}

#[test]
fn a_servers_bot_looks_as_its_template_or_its_twin_says() {
    let mut state = state(here());
    let lists = TAX.replace("[tax, \"receipts: all\"]", "\n  - tax\n  - \"receipts: all\"");
    let bots = vec![
        copy(None),
        RemoteBot { id: "listed".into(), ..copy(Some(&lists)) },
        told("gardener", "Gardener", "", None),
    ];
    link(&mut state, "home", "Home", bots);
    let looks = |state: &AppState, id: &str| {
        let entry = state.bots.get(&id.into()).unwrap();
        let known = state.bots.home(&id.into()).unwrap().has_looks;
        (known, entry.bot.icon, entry.bot.color, entry.bot.category, entry.bot.tags.clone())
    };
    let of_tax = (true, BotIcon::Folder, BotColor::Green, Category::Finance, tax().tags);
    assert_eq!(looks(&state, "home/tax-organiser"), of_tax);
    assert_eq!(looks(&state, "home/listed"), of_tax);
    assert!(!looks(&state, "home/gardener").0);
    assert_eq!(search(&mut state, "productivity"), ["zebra"], "nobody told its category");
    // The library may come after the bots of the servers.
    let mut late = AppState::new(Settings::default(), &[], "/data".into());
    link(&mut late, "home", "Home", vec![copy(None)]);
    assert!(!looks(&late, "home/tax-organiser").0);
    tell(&mut late, here());
    assert_eq!(looks(&late, "home/tax-organiser"), of_tax);
}

#[test]
fn the_gallery_opens_at_its_first_card_whoever_was_known_first() {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    link(&mut state, "home", "Home", vec![told("gardener", "Gardener", "", None)]);
    tell(&mut state, here());
    ask(&mut state, BotCommand::OpenGallery);
    assert_eq!(state.gallery.selected, Some(shown(&state)[0].as_str().into()));
    ask(&mut state, BotCommand::Select(Some("home/gardener".into())));
    tell(&mut state, vec![entry(bot("aardvark", "Aardvark"))]);
    assert_eq!(state.gallery.selected, Some("home/gardener".into()), "chosen by hand");
}
