use futures_util::StreamExt;

use super::*;
use crate::protocol::{ChatId, HelpHit, HelpPage, Part, ProviderKind, Timestamp};

/// Knows one page about keys.
#[derive(Debug)]
struct KeysOnly;

const KEYS: HelpPage = HelpPage { id: "keys", title: "Keys", text: "# Keys" };

impl HelpSearch for KeysOnly {
    fn search(&self, question: &str, _limit: usize) -> Vec<HelpHit> {
        if !question.contains("key") {
            return Vec::new();
        }
        let text = ["First.", "```\na\n\nb\n```", &"x".repeat(2_000), "Never shown."].join("\n\n");
        vec![
            HelpHit { page: KEYS, heading: "Add a key".to_owned(), text, score: -9.0 },
            HelpHit { page: KEYS, heading: "Remove".into(), text: "Gone.".into(), score: -8.0 },
            HelpHit { page: KEYS, heading: "Far".into(), text: "Unrelated.".into(), score: -1.0 },
        ]
    }
}

fn guide() -> Guide {
    let config = ProviderConfig::new("guide", "Guide", ProviderKind::Guide, "");
    Guide::new(config, Arc::new(KeysOnly), Guide::usual_pace())
}

fn message(role: Role, text: &str) -> Message {
    Message::new(
        MessageId(uuid::Uuid::nil()),
        ChatId(uuid::Uuid::nil()),
        role,
        Timestamp(0),
        vec![Part::Text { text: text.to_owned() }],
    )
}

async fn ask(messages: Vec<Message>) -> Vec<Chunk> {
    let request = ChatRequest::new(
        ModelInfo::unknown(ModelId::new("guide", "guide")),
        messages,
        MessageId(uuid::Uuid::nil()),
        Duration::from_secs(1),
    );
    let stream = guide().stream(request).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

async fn answer(question: &str) -> String {
    let chunks = ask(vec![message(Role::User, question)]).await;
    assert_eq!(chunks.last(), Some(&Chunk::Finish(FinishReason::Stop)));
    let mut text = String::new();
    for chunk in chunks {
        if let Chunk::Event(StreamEvent::Message { content, offset, .. }) = chunk {
            assert_eq!(offset, text.len() as u64);
            text.push_str(&content);
        }
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_greeting_is_told_what_the_guide_is() {
    for greeting in ["hi", "Hello!", "hello, Guide", "", "Who are you?"] {
        let text = answer(greeting).await;
        assert!(text.starts_with("I'm Guide. I am not a language model"), "{greeting:?}: {text}");
        assert!(text.contains("(help:getting-started)"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_best_passages_are_shown_with_links_to_their_pages() {
    let text = answer("how do I add a key?").await;
    let expected = "**Add a key**\n\nFirst.\n\n```\na\n\nb\n```\n\n**Remove**\n\nGone.\n\nMore: [Keys](help:keys)\n";
    assert_eq!(text, expected);
}

#[tokio::test(start_paused = true)]
async fn nothing_found_is_said_plainly() {
    let text = answer("write me a poem").await;
    assert!(text.starts_with("I am not a language model"), "{text}");
    assert!(text.contains("[Getting started](help:getting-started)"));
    assert!(text.contains("[Keys](help:keys)"));
}

#[tokio::test(start_paused = true)]
async fn only_the_last_question_counts() {
    let earlier = message(Role::User, "how do I add a key?");
    let reply = message(Role::Assistant, "key");
    let chunks = ask(vec![earlier, reply, message(Role::User, "a poem")]).await;
    assert!(matches!(
        chunks.first(),
        Some(Chunk::Event(StreamEvent::Message { content, .. })) if content.starts_with("I am not")
    ));
}

#[tokio::test(start_paused = true)]
async fn an_answer_arrives_in_pieces_within_a_second_and_a_half() {
    let start = tokio::time::Instant::now();
    let chunks = ask(vec![message(Role::User, "hi")]).await;
    assert!(chunks.len() > 20, "{}", chunks.len());
    let taken = start.elapsed();
    assert!(
        taken > Duration::from_millis(100) && taken < Duration::from_millis(1_500),
        "{taken:?}"
    );
}
