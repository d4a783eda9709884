//! Whatever is wrong is named: the file, the line, the field, and what is allowed.

use super::super::{read, read_many};
use super::{BOT, told};

/// A change to the bot, and what is said of it.
const CHANGES: &[(&str, &str, &str)] = &[
    // Fields.
    (
        "color: green",
        "colour: green",
        "file:8:1: colour: there is no field \"colour\" here; did you mean \"color\"?",
    ),
    (
        "icon: pencil",
        "mood: merry",
        "file:7:1: mood: there is no field \"mood\" here; allowed are id, version, name",
    ),
    (
        "instructions: |\n  Write notes for {{audience}}.\n\n  - Decisions first\n",
        "",
        "file:1:1: instructions: is missing",
    ),
    (
        "name: Notes\n",
        "name: Notes\nname: Other\n",
        "file:4:1: name: stands there twice; the first is in line 3",
    ),
    ("    label: Who reads it?\n", "", "file:28:5: variables[0].label: is missing"),
    (
        "    kind: choice",
        "    sort: choice",
        "file:30:5: variables[0].sort: there is no field \"sort\" here; allowed are",
    ),
    // Types.
    ("name: Notes", "name: 7", "file:3:7: name: must be text, but 7 is not; write \"7\""),
    ("name: Notes", "name: [a]", "file:3:7: name: must be text, but is a list"),
    ("name: Notes", "name:", "file:3:5: name: must be text, but is empty"),
    (
        "version: \"1.2\"",
        "version: 1.10",
        "file:2:10: version: must be text, but 1.10 is not; write \"1.10\"",
    ),
    (
        "version: \"1.2\"",
        "version: newest",
        "file:2:10: version: \"newest\" is not a version; write two numbers",
    ),
    (
        "tags: [meetings, summary]",
        "tags: meetings",
        "file:6:7: tags: must be a list, but is the text \"meetings\"",
    ),
    (
        "tags: [meetings, summary]",
        "tags: [meetings, true]",
        "file:6:18: tags[1]: must be text, but true is not",
    ),
    (
        "temperature: 0.2",
        "temperature: warm",
        "file:17:16: parameters.temperature: must be a number, but is the text \"warm\"",
    ),
    (
        "temperature: 0.2",
        "max_tokens: -1",
        "file:17:15: parameters.max_tokens: must be a whole number that is not so large or small, but is the number -1",
    ),
    (
        "temperature: 0.2",
        "max_tokens: 1.5",
        "file:17:15: parameters.max_tokens: must be a whole number, but is the number 1.5",
    ),
    ("  price: low", "  price: [low]", "file:15:10: model.price: must be text, but is a list"),
    (
        "model:\n  abilities: [thinking]\n  price: low\n",
        "model: gpt-6\n",
        "file:13:8: model: must be a group of fields, but is the text \"gpt-6\"",
    ),
    // Words.
    (
        "category: productivity",
        "category: produktivity",
        "file:5:11: category: \"produktivity\" is not allowed; did you mean \"productivity\"?",
    ),
    (
        "icon: pencil",
        "icon: unicorn",
        "file:7:7: icon: \"unicorn\" is not allowed; allowed are letter, bot, book",
    ),
    (
        "color: green",
        "color: grey",
        "file:8:8: color: \"grey\" is not allowed; did you mean \"gray\"?",
    ),
    (
        "effort: high",
        "effort: hihg",
        "file:18:11: parameters.effort: \"hihg\" is not allowed; did you mean \"high\"?",
    ),
    ("role: assistant", "role: system", "seeds[0].role: is system; assistant and user are allowed"),
    (
        "price: low",
        "ids: [gpt]",
        "file:15:9: model.ids[0]: \"gpt\" is not a model id; write provider/model",
    ),
    ("price: low", "ids: [a/b]", "file:14:3: model: names models by id and by ability or price"),
    // Tools.
    (
        "name: read_file",
        "name: read-file",
        "file:20:11: tools[0].name: there is no tool \"read-file\"; did you mean \"read_file\"?",
    ),
    (
        "name: read_file",
        "name: launch",
        "file:20:11: tools[0].name: there is no tool \"launch\"; allowed are list_files, read_file",
    ),
    (
        "reason: To read a transcript that you point it to",
        "reason: \"\"",
        "file:21:13: tools[0].reason: is empty; say what the tool is for",
    ),
    (
        "seeds:",
        "  - name: read_file\n    reason: Twice\nseeds:",
        "file:22:11: tools[1].name: read_file stands there twice",
    ),
    // Texts.
    (
        "id: notes",
        "id: My Notes",
        "file:1:5: id: \"My Notes\" is no id; lower case letters and digits are",
    ),
    (
        "name: Notes",
        "name: <script>alert(1)</script>",
        "file:3:7: name: holds HTML (<script>), which would be shown as plain text; take the tags out",
    ),
    (
        "description: Turns",
        "description: <img src=x> Turns",
        "file:4:14: description: holds HTML (<img src=x>)",
    ),
    ("[meetings, summary]", "[meetings, <b>sum</b>]", "file:6:18: tags[1]: holds HTML (<b>)"),
    (
        "transcript of this morning",
        "<a href=x>transcript</a>",
        "file:26:5: starters[0]: holds HTML (<a href=x>)",
    ),
    ("name: Notes", "name: \" \"", "file:3:7: name: is empty"),
    ("name: Notes", "name: \"a\\nb\"", "file:3:7: name: holds a line break"),
    (
        "starters:\n  - Here is the transcript of this morning",
        "starters:\n  - \" \"",
        "file:26:5: starters[0]: is empty",
    ),
    // Numbers.
    (
        "temperature: 0.2",
        "temperature: 2.5",
        "file:17:16: parameters.temperature: is 2.5; 0 to 2 are allowed",
    ),
    ("temperature: 0.2", "top_p: .nan", "file:17:10: parameters.top_p: is NaN; 0 to 1 are allowed"),
    (
        "temperature: 0.2",
        "stop: [a, b, c, d, e]",
        "file:17:9: parameters.stop: holds 5 entries; 4 are allowed",
    ),
    // Variables.
    (
        "  Write notes for {{audience}}.",
        "  Write notes for {{audiense}}.",
        "file:10:3: instructions: holds {{audiense}}, but there is no variable of that name; did you mean \"audience\"?",
    ),
    (
        "name: audience",
        "name: the audience",
        "variables[0].name: \"the audience\" is no name of a variable",
    ),
    (
        "default: The team",
        "default: The board",
        "file:31:14: variables[0].default: \"The board\" is none of the choices; allowed are The team, A client",
    ),
    (
        "    choices: [The team, A client]\n",
        "",
        "variables[0].choices: holds 0; two or more are needed to choose from",
    ),
    (
        "kind: choice",
        "kind: number",
        "file:32:14: variables[0].choices: is for variables of the kind choice",
    ),
    ("kind: choice", "kind: number", "file:31:14: variables[0].default: \"The team\" is no number"),
    // What YAML could do besides.
    (
        "tags: [meetings, summary]",
        "tags: &all [meetings]",
        "tags: YAML anchors and aliases (&name, *name) are not read here",
    ),
    (
        "tags: [meetings, summary]",
        "tags: !!set [meetings]",
        "tags: YAML tags (!name) are not read here",
    ),
    ("tags: [meetings, summary]", "tags: [meetings", "file:7:5: this is not YAML"),
    ("name: Notes", "\tname: Notes", "file:3:2: this is not YAML: tabs disallowed"),
];

#[test]
fn each_mistake_is_named_with_its_place_and_what_is_allowed() {
    let mut missed = Vec::new();
    for (from, to, expected) in CHANGES {
        assert!(BOT.contains(from), "{from}");
        let said = told(BOT.replacen(from, to, 1).as_bytes());
        if !said.contains(expected) {
            missed.push(format!("{to:?}\nsaid:     {said}\nexpected: {expected}"));
        }
    }
    assert_eq!(missed, Vec::<String>::new(), "{}", missed.join("\n\n"));
}

#[test]
fn script_tags_in_instructions_are_text() {
    let text = BOT.replace("- Decisions first", "- Never write <script> tags");
    assert_eq!(told(text.as_bytes()), "notes is fine");
    let remarks = super::one(text.as_bytes()).remarks;
    assert_eq!(
        remarks,
        ["Its instructions hold a script tag, which is plain text here and is never run"]
    );
    let seed = BOT.replace("Paste the transcript", "<SCRIPT src=x>Paste");
    let remarks = super::one(seed.as_bytes()).remarks;
    assert!(remarks[0].starts_with("Its opening messages hold a script tag"), "{remarks:?}");
    let card = r#"{"spec":"chara_card_v2","data":{"name":"A","description":"<script>x"}}"#;
    assert_eq!(super::one(card.as_bytes()).remarks.len(), 1);
    // Placeholders and types of a language are no HTML.
    let text = BOT.replace("of this morning", "of <date> as a Vec<String>");
    assert_eq!(told(text.as_bytes()), "notes is fine");
}

#[test]
fn what_is_nested_too_deeply_is_said_to_be_whatever_it_is_written_in() {
    let deep = |count: usize| format!("{}1{}", "[".repeat(count), "]".repeat(count));
    for (text, expected) in [
        (format!("{{\"a\": {}}}", deep(300)), "file:1:133: this is nested deeper than 48 levels"),
        (deep(300), "this is nested deeper than 48 levels"),
        (deep(100), "is nested deeper than 48 levels"),
        (format!("{{\"id\": {}}}", deep(60)), "id[0]"),
        (format!("a: {}", deep(3_000)), "this is nested deeper than 48 levels"),
    ] {
        let said = told(text.as_bytes());
        assert!(said.contains(expected) && said.contains("deeper than 48"), "{said}");
    }
}

#[test]
fn a_megabyte_of_text_is_named_by_field_and_size() {
    let long = "word ".repeat(200_000);
    let text = BOT.replace("- Decisions first", &long);
    let said = told(text.as_bytes());
    assert_eq!(
        said,
        "file:10:3: instructions: is 976 KiB long; all texts of a bot together may be 256 KiB"
    );
    let longer = format!("{BOT}# {}", "x".repeat(1024 * 1024));
    assert_eq!(told(longer.as_bytes()), "file: the file is 1.0 MiB long; 1.0 MiB are read at most");
}

#[test]
fn what_is_no_bot_at_all_is_said() {
    let table: &[(&[u8], &str)] = &[
        (b"", "file: there is no bot here; it is empty"),
        (b"# just a remark\n", "file: there is no bot here; it is empty"),
        (
            b"Dear Bo, see you soon",
            "file:1:1: there is no bot here, but the text \"Dear Bo, see you soon\"",
        ),
        (b"id: caf\xe9\n", "file:1:8: the file is not UTF-8 text; save it as such"),
        (b"a: 1\nb: \xff\xfe", "file:2:4: the file is not UTF-8 text"),
        (
            b"- 1\n- two\n",
            "file:1:3: [0]: must be a group of fields, but is the number 1\nfile:2:3: [1]: must be a group of fields, but is the text \"two\"",
        ),
        (b"personas: all\n", "file:1:11: personas: must be a list of bots"),
        (
            b"personas: []\npersona: []\n",
            "file:2:1: persona: there is no field \"persona\" beside personas; did you mean \"personas\"?",
        ),
        (b"{\"name\": ", "file:1:9: this is not JSON: EOF while parsing a value"),
        (
            b"{\"spec\": \"chara_card_v9\", \"data\": {}}",
            "file: spec: \"chara_card_v9\" is not known; chara_card_v2 and chara_card_v3 are",
        ),
        (b"{\"spec\": \"chara_card_v2\"}", "file: data: is missing"),
        (
            b"{\"spec\": \"chara_card_v2\", \"data\": {\"name\": 7}}",
            "file: data.name: must be text, but is a number",
        ),
        (
            b"{\"spec\": \"chara_card_v2\", \"data\": {\"tags\": \"a\"}}",
            "file: data.name: is missing",
        ),
        (
            b"{\"spec\": \"chara_card_v2\", \"data\": {\"name\": \"A\", \"tags\": \"a\"}}",
            "file: data.tags: must be a list, but is text",
        ),
        (
            b"{\"spec\": \"chara_card_v3\", \"data\": {\"name\": \"A\", \"personality\": []}}",
            "file: data.personality: must be text, but is a list",
        ),
        (b"{\"name\": \"A\", \"instructions\": \"\"}", "file: instructions: is empty"),
        (
            b"{\"name\": \"A\", \"instructions\": 5}",
            "file: instructions: must be text, but is a number",
        ),
        (b"switchboard:bot:1:400:0000", "file: the text block is cut off"),
    ];
    for (bytes, expected) in table {
        let said = told(bytes);
        assert!(said.starts_with(expected), "said:     {said}\nexpected: {expected}");
    }
}

#[test]
fn one_bot_that_is_wrong_leaves_the_others() {
    let wrong = BOT.replace("id: notes", "id: wrong").replace("color: green", "color: greeny");
    let twice = BOT.replace("id: notes", "id: third");
    let text = format!("{BOT}---\n{wrong}---\n{twice}---\n{BOT}");
    let said = told(text.as_bytes());
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "notes is fine");
    assert!(lines[1].starts_with("file:43:8: color: \"greeny\" is not allowed"), "{said}");
    assert_eq!(lines[2], "third is fine");
    assert_eq!(lines[3], "file:106:5: id: \"notes\" is the id of the bot in line 1");
    assert_eq!(lines.len(), 4, "{said}");
}

#[test]
fn all_problems_of_a_bot_are_told_at_once() {
    let text = BOT.replace("id: notes", "id: No Id").replace("name: read_file", "name: hammer");
    assert_eq!(read("file", text.as_bytes()).iter().filter(|read| read.is_err()).count(), 2);
}

#[test]
fn personas_name_the_entry() {
    let text = b"personas:\n  - id: a\n    version: \"1.0\"\n    nme: A\n";
    let problem = read_many("personas.yaml", text).remove(0).unwrap_err().to_string();
    assert_eq!(
        problem,
        "personas.yaml:4:5: personas[0].nme: there is no field \"nme\" here; did you mean \"name\"?"
    );
}

const ROOM: &str = include_str!("room.yaml");

#[test]
fn rooms_are_checked() {
    assert_eq!(told(ROOM.as_bytes()), "duel is fine");
    let table = [
        (
            "  leader: chair\n",
            "",
            "file:12:3: room.leader: is missing; with this order a member leads",
        ),
        (
            "order: moderated",
            "order: in_turn",
            "room.leader: is for the orders moderated and concluded",
        ),
        (
            "leader: chair",
            "leader: chiar",
            "file:13:11: room.leader: \"chiar\" is no member of the room; did you mean \"chair\"?",
        ),
        (
            "order: moderated",
            "order: random",
            "file:12:10: room.order: \"random\" is not allowed; allowed are in_turn, by_mention",
        ),
        (
            "- id: pro",
            "- id: chair",
            "file:18:11: room.members[1].id: \"chair\" is the id of another member",
        ),
        (
            "name: Pro",
            "name: chair",
            "file:19:13: room.members[1].name: \"chair\" is the name of another member",
        ),
        (
            "order: moderated",
            "order: moderated\n  rounds: 0",
            "file:13:11: room.rounds: is 0; 1 to 10 are allowed",
        ),
        (
            "order: moderated",
            "order: moderated\n  most_answers: 51",
            "room.most_answers: is 51; 1 to 50 are allowed",
        ),
        ("member: pro", "member: con", "seeds[0].member: \"con\" is no member of the room"),
        (
            "role: assistant",
            "role: user",
            "seeds[0].member: names a member, but the user says this",
        ),
        (
            "    - id: pro\n      name: Pro\n      instructions: Argue for it\n",
            "",
            "room.members: holds 1; 2 to 8 are allowed",
        ),
        (
            "instructions: Lead",
            "instructions: Lead {{x}}",
            "room.members[0].instructions: holds {{x}}",
        ),
        ("instructions: Lead", "instructions: \"\"", "room.members[0].instructions: is empty"),
    ];
    for (from, to, expected) in table {
        let said = told(ROOM.replacen(from, to, 1).as_bytes());
        assert!(said.contains(expected), "{to:?}\nsaid:     {said}\nexpected: {expected}");
    }
}

#[test]
fn no_file_however_broken_ends_the_app_and_none_is_without_an_answer() {
    let mut random = fastrand::Rng::with_seed(11);
    let pieces: [&[u8]; 12] = [
        b"\n",
        b"  ",
        b"- ",
        b": ",
        b"? ",
        b"{",
        b"[",
        b"|",
        b"\"",
        b"\t",
        b"\xff",
        b"switchboard:bot:",
    ];
    for _ in 0..3_000 {
        let mut bytes = BOT.as_bytes().to_vec();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(0..bytes.len());
            let piece = pieces[random.usize(0..pieces.len())];
            let end = (at + random.usize(0..3)).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        assert!(!read("file", &bytes).is_empty(), "{:?}", String::from_utf8_lossy(&bytes));
    }
    for unit in
        ["[", "{", "- ", "a: ", "? ", "{{", "&a ", "!", "|\n", "'", "\"", "#", "\t", "-\n", "a:\n "]
    {
        assert!(!read("file", unit.repeat(30_000).as_bytes()).is_empty(), "{unit:?}");
    }
}
