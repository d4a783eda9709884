//! A short run of what `fuzz/` runs for long, over input from seeds.

use crate::support::fuzz;

/// Frames that are right, to be spoilt.
const FRAMES: [&str; 8] = [
    r#"{"type":"hello","payload":{"protocol":1,"client":"x","clientId":"y","resume":[{"runId":"0190a000-0000-7000-8000-000000000001","afterSeq":3}]}}"#,
    r#"{"type":"chat","id":"1","payload":{"message":"hi \u00e9","chatId":"0190a000-0000-7000-8000-000000000001","model":"a/b"}}"#,
    r#"{"type":"stop","payload":{"mode":"now"},"v":1}"#,
    r#"{"type":"approval","payload":{"id":"x","approved":true,"argsHash":"h","editedArgs":{"a":[1,2.5,null]},"scope":"chat"}}"#,
    r#"{"type":"token","v":1,"chatId":"0190a000-0000-7000-8000-000000000001","runId":"0190a000-0000-7000-8000-000000000001","seq":17,"ts":5,"payload":{"role":"assistant","content":"hi","messageId":"0190a000-0000-7000-8000-000000000001","offset":3}}"#,
    r#"{"type":"welcome","v":1,"payload":{"protocol":1,"serverId":"s","epoch":"e","sessionId":"a_1","heartbeatMs":30000,"gone":[]}}"#,
    r#"{"type":"error","payload":{"message":"no"}}"#,
    r#"{"type":"tool_end","payload":{"id":"1","result":"x"}}"#,
];

/// A frame with some bytes taken out, put in, doubled or turned round.
fn spoilt(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = FRAMES[random.usize(0..FRAMES.len())].as_bytes().to_vec();
    for _ in 0..random.usize(0..6) {
        let at = random.usize(0..=bytes.len());
        match random.u8(0..5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.u8(..)),
            2 => bytes.insert(at, *random.choice(b"{}[]\",:0-9eE.\\tfn ").unwrap()),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                let piece = bytes[at..].to_vec();
                bytes.splice(at..at, piece);
            }
        }
        bytes.truncate(4_096);
    }
    bytes
}

#[test]
fn spoilt_frames_are_refused_and_never_more() {
    let mut random = fastrand::Rng::with_seed(1);
    for frame in FRAMES {
        fuzz::frames(frame.as_bytes());
    }
    for _ in 0..20_000 {
        fuzz::frames(&spoilt(&mut random));
    }
}

#[test]
fn the_supervisor_keeps_its_promises_under_any_inputs() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..4_000 {
        let mut bytes = vec![random.u8(..), 0, 0, 40];
        // Names of connections are small numbers, so that inputs often hit one.
        for _ in 0..random.usize(0..200) {
            bytes.extend([random.u8(..), random.u8(0..24), random.u8(..)]);
        }
        fuzz::supervisor(&bytes);
    }
}
