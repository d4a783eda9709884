use serde_json::json;

use super::*;

#[test]
fn errors_are_told_apart_by_code_type_and_status() {
    use ErrorKind::{
        Auth, BadRequest, ContextTooLong, Network, NotFound, Overloaded, RateLimited, Refused,
    };
    let error =
        |code: &str, class: &str| json!({"error": {"message": "m", "code": code, "type": class}});
    let plain = || json!({"error": {"message": "m"}});
    let anthropic =
        |class: &str| json!({"type": "error", "error": {"type": class, "message": "m"}});
    let details = |code: &str| {
        json!({"type": "error", "error": {"type": "invalid_request_error", "message": "m",
               "details": {"error_code": code}}})
    };
    let table = [
        (Some(400), plain(), BadRequest),
        (Some(401), plain(), Auth),
        (Some(402), plain(), Auth),
        (Some(403), plain(), Auth),
        (Some(404), plain(), NotFound),
        (Some(408), plain(), Network),
        (Some(413), error("rate_limit_exceeded", "tokens"), ContextTooLong),
        (Some(422), plain(), BadRequest),
        (Some(429), plain(), RateLimited),
        (Some(429), error("insufficient_quota", ""), Auth),
        (Some(500), plain(), Overloaded),
        (Some(501), plain(), BadRequest),
        (Some(502), plain(), Overloaded),
        (Some(503), plain(), Overloaded),
        (Some(504), plain(), Overloaded),
        (Some(529), plain(), Overloaded),
        (Some(400), error("context_length_exceeded", ""), ContextTooLong),
        (Some(400), error("", "exceed_context_size_error"), ContextTooLong),
        (Some(400), error("model_not_found", ""), NotFound),
        (Some(400), details("organization_on_hold"), Auth),
        (Some(429), details("enforced_spend_limit_reached"), Auth),
        (Some(429), details("ramp_limit_exceeded"), RateLimited),
        (Some(402), anthropic("billing_error"), Auth),
        (Some(401), anthropic("api_error"), Auth),
        (Some(504), anthropic("timeout_error"), Overloaded),
        (Some(529), anthropic("overloaded_error"), Overloaded),
        // In a stream that began with 200:
        (None, anthropic("overloaded_error"), Overloaded),
        (None, anthropic("api_error"), Overloaded),
        (None, anthropic("rate_limit_error"), RateLimited),
        (None, anthropic("invalid_request_error"), BadRequest),
        (None, json!({"code": 429, "message": "m"}), RateLimited),
        (None, json!({"code": "502", "message": "m"}), Overloaded),
        (None, json!({"code": "server_error", "message": "m"}), Overloaded),
        (None, json!("the prompt is longer than the context window"), BadRequest),
        (None, json!({"code": 403, "message": "m", "metadata": {"reasons": ["x"]}}), Refused),
    ];
    for (status, body, expected) in table {
        let error = Said::read(&body).into_error(status);
        assert_eq!(error.kind, expected, "{status:?} {body}");
    }
}

#[test]
fn messages_are_found_in_every_shape() {
    let table = [
        (json!({"error": {"message": "a"}}), "a"),
        (json!({"error": "a"}), "a"),
        (json!({"message": "a"}), "a"),
        (json!({"detail": "a"}), "a"),
        (json!({"detail": [{"msg": "a", "loc": ["body"]}, {"msg": "b"}]}), "a; b"),
        (json!({"object": "error", "message": {"detail": [{"msg": "a"}]}}), "a"),
        (json!([{"error": {"message": "a"}}]), "a"),
        (json!({"error": {"message": "a", "metadata": {"raw": "{\"error\":\"b\"}"}}}), "a: b"),
        (json!({"error": {"message": "a", "metadata": {"raw": "b"}}}), "a: b"),
        (json!({"error": {"message": "a\n  b\tc"}}), "a b c"),
        (json!({}), "The provider answered with status 400 and no reason"),
        (json!({"error": {"message": ""}}), "The provider answered with status 400 and no reason"),
    ];
    for (body, expected) in table {
        assert_eq!(Said::read(&body).into_error(Some(400)).message, expected, "{body}");
    }
}

#[test]
fn long_messages_are_cut_between_characters() {
    let message = cut(&"ü".repeat(5_000));
    assert_eq!(message.chars().count(), MESSAGE_CHARS + 1);
    assert!(message.ends_with('…'));
}

#[test]
fn retry_after_is_read_as_seconds_milliseconds_and_date() {
    let now: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    const DATE_HEADER: &str = "Fri, 20 Nov 2026 10:01:00 GMT";
    type Headers = &'static [(&'static str, &'static str)];
    let table: [(Headers, Option<u64>); 9] = [
        (&[], None),
        (&[("retry-after", "7")], Some(7_000)),
        (&[("retry-after", "0.25")], Some(250)),
        (&[("retry-after-ms", "1500"), ("retry-after", "2")], Some(1_500)),
        (&[("retry-after", DATE_HEADER)], Some(60_000)),
        (&[("retry-after", DATE_HEADER), ("date", "Fri, 20 Nov 2026 10:00:55 GMT")], Some(5_000)),
        (&[("retry-after", "Fri, 20 Nov 2020 10:00:55 GMT")], Some(0)),
        (&[("retry-after", "-3")], None),
        (&[("retry-after", "soon")], None),
    ];
    for (headers, expected) in table {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                reqwest::header::HeaderName::from_static(name),
                reqwest::header::HeaderValue::from_static(value),
            );
        }
        assert_eq!(retry_after_ms(&map, now), expected, "{headers:?}");
    }
}

#[test]
fn what_looks_like_a_key_is_removed() {
    let table = [
        ("Incorrect API key provided: sk-abc12345***xyz.", "Incorrect API key provided: [key]"),
        ("Authorization: Bearer abcdefgh1234 is wrong", "Authorization: Bearer [key] is wrong"),
        ("{\"key\":\"gsk_0123456789\"}", "{\"key\":\"[key]\"}"),
        ("a task-oriented model, sk-8", "a task-oriented model, sk-8"),
    ];
    for (text, expected) in table {
        assert_eq!(without_tokens(text), expected);
    }
}

#[test]
fn the_title_of_a_page_is_found() {
    assert_eq!(page_title("<html><TITLE lang=en>502\n Bad</Title>"), Some("502 Bad".to_owned()));
    assert_eq!(page_title("<html><title>"), None);
    assert_eq!(page_title("no page"), None);
}
