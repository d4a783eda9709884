//! What a text becomes, and what it costs while it grows.

use super::*;

/// A short notation: containers, kind, text with its styles.
fn show(doc: &MarkdownDoc) -> Vec<String> {
    doc.leaves().iter().map(show_leaf).collect()
}

fn show_leaf(leaf: &Leaf) -> String {
    let mut out = String::new();
    for container in &leaf.containers {
        out += &match container {
            Container::Quote => "> ".to_owned(),
            Container::Item { first: false, .. } => ". ".to_owned(),
            Container::Item { marker: Marker::Bullet, .. } => "- ".to_owned(),
            Container::Item { marker: Marker::Number(number), .. } => format!("{number}) "),
            Container::Item { marker: Marker::Task(done), .. } => format!("[{done}] "),
            Container::Footnote { label, first } => format!("^{label}{} ", u8::from(*first)),
        };
    }
    if leaf.continues {
        out += "…";
    }
    out += &match &leaf.kind {
        LeafKind::Text(inline) => show_inline(inline),
        LeafKind::Heading(level, inline) => format!("h{level} {}", show_inline(inline)),
        LeafKind::Code(code) => {
            format!("code {} {}|{:?}", code.language, code.lines(), code.text)
        }
        LeafKind::Table(table) => {
            let cells = |row: &Vec<Inline>| {
                row.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>().join(",")
            };
            let rows: Vec<String> = table.rows.iter().map(cells).collect();
            format!("table {:?} {} / {}", table.alignments, cells(&table.head), rows.join(" / "))
        }
        LeafKind::Rule => "rule".to_owned(),
        LeafKind::Html(html) => format!("html {html}"),
        LeafKind::Image { url, alt } => format!("image {url} {alt}"),
    };
    out
}

fn show_inline(inline: &Inline) -> String {
    inline
        .runs()
        .map(|(text, style, link)| {
            let mut text = text.to_owned();
            for (mark, sign) in [
                (Style::STRONG, "*"),
                (Style::EMPHASIS, "_"),
                (Style::STRIKE, "~"),
                (Style::CODE, "`"),
                (Style::BRACKET, "?"),
            ] {
                if style.has(mark) {
                    text = format!("{sign}{text}{sign}");
                }
            }
            match link.and_then(|link| inline.links.get(link)) {
                Some(LinkTarget::Url(url)) => format!("<{text}|{url}>"),
                Some(LinkTarget::Reference(label)) => format!("<{text}|ref {label}>"),
                Some(LinkTarget::Footnote(label)) => format!("<{text}|note {label}>"),
                None => text,
            }
        })
        .collect()
}

#[test]
fn text_becomes_leaves() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        ("one\ntwo\n\nthree  \nfour", &["one two", "three\nfour"]),
        ("# A *b*\n\nC\n---\n", &["h1 A _b_", "h2 C"]),
        ("**b** ~~s~~ `c` ***x***", &["*b* ~s~ `c` _*x*_"]),
        (
            "[a](http://x) <http://y> <m@z.de>",
            &["<a|http://x> <http://y|http://y> <m@z.de|mailto:m@z.de>"],
        ),
        (
            "[t][r] [r] [r][]\n\n[r]: http://x",
            &[
                "<?[?|ref r><t|ref r><?][r]?|ref r> <?[?|ref r><r|ref r><?]?|ref r> <?[?|ref r><r|ref r><?][]?|ref r>",
            ],
        ),
        ("![alt *x*](data:,a) after", &["image data:,a alt x", " after"]),
        ("> q\n> > r\n", &["> q", "> > r"]),
        ("- a\n  b\n- \n- [x] c\n  - d\n\n    e\n", &["- a b", "- ", "[true] c", ". - d", ". . e"]),
        ("3. a\n3. b\n   ```\n   x\n   ```\n", &["3) a", "4) b", ". code  1|\"x\""]),
        ("```rust ignore\nfn a() {}\n\n}\n```\nend", &["code rust 3|\"fn a() {}\\n\\n}\"", "end"]),
        ("```\nopen", &["code  1|\"open\""]),
        ("    indented\n    code\n", &["code  2|\"indented\\ncode\""]),
        (
            "| a | b |\n|:-:|--:|\n| 1 | 2 |\n| 3 |\n\nend",
            &["table [Center, Right] a,b / 1,2 / 3,", "end"],
        ),
        ("a\n\n***\n\nb", &["a", "rule", "b"]),
        (
            "x[^1]\n\n[^1]: note\n\n    more\n",
            &["x<[|note 1><?^?|note 1><1]|note 1>", "^11 note", "^10 more"],
        ),
        ("<div>\nx\n</div>\n\na <b>c</b>", &["html <div>\nx\n</div>", "a <b>c</b>"]),
        ("line<br>break", &["line\nbreak"]),
        ("\"quotes\" -- and ...", &["\"quotes\" -- and ..."]),
    ];
    for (text, leaves) in table {
        assert_eq!(show(&MarkdownDoc::of(text)), *leaves, "{text:?}");
    }
}

/// Texts with everything that could be torn apart.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "# Title\n\nPara one\ncontinues *here\nand* there\n\n- a\n- b\n  - c\n  - d\n\n  loose\n- e\nlazy\n\nend",
        "1. one\n2. two\n\n   para\n3. three\n   - sub\n\n\n10. ten\n\ntext\n\n7) seven\n8) eight",
        "para\n```rust\nfn x() {}\n\n    indented\n```\nafter\n~~~~ md\n```\n~~~\n~~~~  \nlast",
        "  ```\n  a\n   b\n  ```\n```open\nnever closed\n``\nmore",
        "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n| 7 | 8 |\nafter\n\n| x |\n|---|\n| y |\n# h\ntext",
        "| a |\n|---|\n| 1 |\n| 2 |\n| 3 |\n# head",
        "Setext\n===\n\nOther\n---\nmore\n\n---\n\n***\ntext\n#\n#tag\n# real",
        "> quote\n> - item\n>\n> ```\n> code\n> ```\nlazy\n\n> other\n",
        "[ref] and [a][ref] and `[x]`\n\n[ref]: http://one\n\nmore [REF] [none]\n\n[ref]: http://two\n",
        "note[^a]\n\n[^a]: the note\n    goes on\n\n    second\n\nend",
        "<div>\n*html*\n\n</div>\n\n<!-- a\n\nb -->\ntext\n",
        "    code\n\n    more\ntext\n\n\ttab code\n",
        "- [ ] todo\n- [x] done\n* other list\n+ third\n\n  with para\n      code\n",
        "a\r\nb\r\n\r\n```\r\nx\r\ny\r\n```\r\n- p\r\n- q\r\n",
        "ünïcode — 日本語 **強調** `コード`\n\n- 🎉 x\n- é\n",
        "![pic](http://x/y.png)\n\n[![b](http://i)](http://l) tail\n",
        " - one\n - two\n   - deep\n - three\n\n 1. x\n 2. y\n",
    ]
    .map(str::to_owned)
    .into();
    texts.push(format!("intro\n\n{}\n\nend", "word ".repeat(1_000)));
    texts.push(format!("intro\n\n{}", "x".repeat(5_000)));
    texts.push(format!("{}# end", "    indented line\n".repeat(950)));
    texts
}

#[test]
fn growing_by_any_step_equals_the_whole() {
    for text in texts() {
        let steps: &[usize] = if text.len() > 3_000 { &[97, 1_000] } else { &[1, 2, 3, 7, 50] };
        for step in steps {
            let mut grown = MarkdownDoc::default();
            let mut end = 0;
            while end < text.len() {
                end = text.ceil_char_boundary((end + step).min(text.len()));
                let sofar = text.get(..end).unwrap();
                grown.update(sofar);
                if *step != 2 && text.len() < 3_000 {
                    let whole = MarkdownDoc::of(sofar);
                    assert_eq!(show(&grown), show(&whole), "at {end} by {step} of {sofar:?}");
                    assert_eq!(grown.items(), whole.items(), "at {end} of {sofar:?}");
                    for label in ["ref", "none"] {
                        assert_eq!(grown.definition(label), whole.definition(label), "{sofar:?}");
                    }
                }
            }
            assert_eq!(show(&grown), show(&MarkdownDoc::of(&text)), "by {step} of {text:?}");
        }
    }
}

/// Bytes parsed per byte of text while it grows.
fn cost(text: &str, step: usize) -> f64 {
    let mut doc = MarkdownDoc::default();
    let mut end = 0;
    while end < text.len() {
        end = text.ceil_char_boundary((end + step).min(text.len()));
        doc.update(text.get(..end).unwrap());
    }
    doc.work() as f64 / text.len() as f64
}

#[test]
fn the_cost_of_growing_does_not_grow_with_the_text() {
    let line = "A line of an answer with **strong** words and `code`.\n";
    type Shape = (&'static str, fn(usize) -> String);
    let shapes: &[Shape] = &[
        ("paragraphs", |n| "A paragraph with some words in it.\n\n".repeat(n)),
        ("code", |n| format!("```rust\n{}", "let x = 1; // and a comment\n".repeat(n))),
        ("items", |n| "- an item of a long list\n".repeat(n)),
        ("numbered", |n| "1. an item of a long list\n".repeat(n)),
        ("rows", |n| format!("| a | b |\n|---|---|\n{}", "| one | two |\n".repeat(n))),
        ("one line", |n| "unbroken".repeat(n)),
        ("one paragraph", |n| "some words on a line that goes on\n".repeat(n)),
        ("indented code", |n| "    let x = 1;\n".repeat(n)),
    ];
    assert!(cost(&line.repeat(100), 20) < 300.0);
    for (name, shape) in shapes {
        let (small, large) = (cost(&shape(1_500), 20), cost(&shape(8_000), 20));
        assert!(large < small * 1.3 + 1.0, "{name}: {small} then {large}");
        assert!(large < 900.0, "{name}: {large}");
    }
}

#[test]
fn an_open_code_block_is_looked_through_once() {
    let text = format!("Here:\n\n```rust\n{}", "let number = 1234567890;\n".repeat(12_000));
    let work = cost(&text, 24);
    assert!(work < 1.1, "{work}");
    let doc = MarkdownDoc::of(&text);
    assert_eq!(doc.items().len(), 1 + 12_000 / CodeBlock::CHUNK);
}

#[test]
fn long_lines_are_drawn_in_pieces() {
    let line = "é".repeat(2_000);
    let code = CodeBlock::of("", &format!("{line}\nshort\n"));
    assert_eq!(code.lines(), 5);
    assert_eq!(code.text, format!("{line}\nshort"));
    assert_eq!((0..4).map(|at| code.line(at)).collect::<String>(), line);
    assert_eq!(code.line(4), "short");
    let doc = MarkdownDoc::of(&"x".repeat(80_000));
    assert!(doc.leaves().iter().all(|leaf| leaf.len() <= 4_096));
    assert_eq!(doc.leaves().iter().map(Leaf::len).sum::<usize>(), 80_000);
    assert!(doc.leaves().iter().skip(1).all(|leaf| leaf.continues));
}

#[test]
fn pieces_of_a_long_paragraph_keep_every_space() {
    let words = "word ".repeat(20_000);
    let doc = MarkdownDoc::of(&words);
    assert!(doc.leaves().len() > 20);
    let texts = doc.leaves().iter().map(|leaf| {
        let LeafKind::Text(inline) = &leaf.kind else { panic!("{leaf:?}") };
        inline.text.as_str()
    });
    assert_eq!(texts.collect::<String>().trim_end(), words.trim_end());
}

#[test]
fn the_first_definition_of_a_label_counts() {
    let doc = MarkdownDoc::of("[A  b]\n\n[a B]: http://one\n\ntext\n\n[a b]: http://two\n\ntext\n");
    assert_eq!(doc.definition("a b"), Some("http://one"));
}

#[test]
fn blocks_larger_than_any_window_come_to_an_end() {
    let cell = "x".repeat(70_000);
    let texts = [
        format!("| a |\n|---|\n| {cell} |\n| b |\n\nend"),
        format!("| {cell} |\n|---|\n| b |\n| c |\n\nend"),
        format!("> {}\n\nend", "quoted words ".repeat(8_000)),
        format!("- {}\n- b\n\nend", "words of an item ".repeat(8_000)),
        format!("[a]: {cell}\n\nend"),
        format!("```{cell}\ncode\n```\nend"),
        format!("<div>{cell}\n{cell}</div>\n\nend"),
        "\n".repeat(200_000) + "end",
    ];
    for text in texts {
        let mut grown = MarkdownDoc::default();
        for part in 1..=5 {
            grown.update(text.get(..text.len() * part / 5).unwrap());
        }
        assert_eq!(show(&grown).last().map(String::as_str), Some("end"), "{:.40}", text);
        assert_eq!(show(&MarkdownDoc::of(&text)).last().map(String::as_str), Some("end"));
    }
}

#[test]
fn any_mixture_of_pieces_grows_to_the_whole() {
    let pieces = [
        "- a\n",
        "1. b\n",
        "  - c\n",
        "\n",
        "text ",
        "text\n",
        "# h\n",
        "```\n",
        "~~~ rs\n",
        "    code\n",
        "> q\n",
        "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "---\n",
        "===\n",
        "[r]: u\n",
        "[r] ",
        "**",
        "`",
        "<div>\n",
        "</div>\n",
        "[^1]",
        "   ",
        "- [ ] t\n",
        "é",
        "\r\n",
        "***\n",
        "![i](u)",
        "<!--",
        "-->\n",
    ];
    let mut seed = 7_u64;
    let mut next = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound
    };
    for _ in 0..1_000 {
        let text: String = (0..24).map(|_| pieces[next(pieces.len())]).collect();
        let mut grown = MarkdownDoc::default();
        let mut end = 0;
        while end < text.len() {
            end = text.ceil_char_boundary((end + 1 + next(9)).min(text.len()));
            grown.update(text.get(..end).unwrap());
        }
        assert_eq!(show(&grown), show(&MarkdownDoc::of(&text)), "{text:?}");
    }
}
