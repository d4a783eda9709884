//! Full-text search.

use super::*;

#[tokio::test]
async fn search_finds_words_newest_first() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let chat = new_chat();
    let (question, answer) =
        converse(store, chat, None, "Tell me of pangolins", "A PANGOLIN is a mammal. Café.").await;
    for (query, expected) in [
        ("pangolin", vec![answer.id, question.id]),
        ("pangolin ", vec![answer.id]),
        ("pang mam", vec![]),
        ("pangolin mam", vec![answer.id]),
        ("cafe", vec![answer.id]),
        ("\"is a mammal\"", vec![answer.id]),
        ("\"mammal is a\"", vec![]),
        ("zebra", vec![]),
        ("", vec![]),
    ] {
        let hits = store.search(query, 10).await.unwrap();
        let found: Vec<_> = hits.iter().map(|hit| hit.message).collect();
        assert_eq!(found, expected, "{query:?}");
    }
    let hit = store.search("mammal", 1).await.unwrap().remove(0);
    assert_eq!(hit.snippet, "A PANGOLIN is a \u{2}mammal\u{3}. Café.");
    assert_eq!((hit.chat, hit.title.as_str()), (chat, "Tell me of pangolins"));
    assert_eq!(store.search("pangolin", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn tool_output_is_found() {
    let fixture = Fixture::new();
    let mut message = question(new_chat(), None, "run it");
    message.parts.push(Part::ToolResult {
        id: ToolCallId::from("1"),
        result: "exit code seventeen".to_owned(),
        success: true,
        elapsed_ms: 1,
    });
    fixture.store.insert_messages(vec![message.clone()]).await.unwrap();
    let hits = fixture.store.search("seventeen", 5).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].message, message.id);
}

#[tokio::test]
async fn any_text_is_a_valid_query() {
    let fixture = Fixture::new();
    converse(&fixture.store, new_chat(), None, "Hello world", "Hi").await;
    let long = "word ".repeat(10_000);
    let deep = "(".repeat(500);
    for query in [
        "\"",
        "\"\"",
        "\"\"\"",
        "*",
        "a*b",
        "^a",
        "a:b",
        "body:hello",
        "NEAR(a b, 3)",
        "AND",
        "OR",
        "NOT",
        "hello AND",
        "NOT hello",
        "(",
        ")",
        "{a b}:c",
        "-hello",
        "+hello",
        "hello\0world",
        "'; DROP TABLE chat; --",
        "%_",
        "\\",
        "𝕳𝖊𝖑𝖑𝖔",
        "\u{345}",
        "\u{301}",
        "\"\u{345}\"",
        "a\"b\"c",
        &long,
        &deep,
    ] {
        let result = fixture.store.search(query, 5).await;
        assert!(result.is_ok(), "{query:?}: {result:?}");
    }
    assert_eq!(fixture.store.search("(hello)", 5).await.unwrap().len(), 1);
    assert_eq!(fixture.store.search("hello:world", 5).await.unwrap().len(), 1);
}

/// The index is read from its end and left when there are enough.
#[test]
fn a_search_sorts_nothing() {
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    schema::migrate(&mut db, None, &schema::MIGRATIONS, schema::LATEST).unwrap();
    let plan: Vec<String> = db
        .prepare(&format!("EXPLAIN QUERY PLAN {}", search::SEARCH))
        .unwrap()
        .query_map(rusqlite::params!["hello", 10], |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(plan.iter().all(|line| !line.contains("TEMP B-TREE")), "{plan:#?}");
}
