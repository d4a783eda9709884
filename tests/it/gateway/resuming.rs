//! Clients that go away and come back.

use switchboard::protocol::{ClientCommand, RunStatus, Seq, ServerMessage};

use super::{folder, in_halves, new_chat};
use crate::support::gate::{Gate, guest, message, owner};
use crate::support::{Script, Server, Signal, delta, finish, sse, sse_without_done};

#[tokio::test]
async fn a_client_that_returns_is_told_what_it_missed_and_then_what_happens() {
    let (folder, server) = (folder(), Server::start());
    let (first, second) = (Signal::new(), Signal::new());
    let answer = Script::stream()
        .bytes(sse_without_done(&[delta("one ")]))
        .wait(&first)
        .bytes(sse_without_done(&[delta("zwei "), delta("drei ")]))
        .wait(&second)
        .bytes(sse(&[delta("vier"), finish("stop")]));
    server.push(answer);
    let gate = Gate::open(folder.path(), &server).await;
    let mut watcher = gate.client("watcher").await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    let follow = || ClientCommand::follow(chat, None);
    client.chat("hi", message(chat, "Hi")).await;
    let (_, answer) = client.run_started().await;
    let run = answer.answer.as_ref().unwrap().run;
    let mut had = client.hear_text(run, "one").await;
    client.leave().await;
    watcher.send("follow", follow()).await;
    first.fire();
    watcher.hear_text(run, "drei").await;

    let last = had.frames.last().unwrap().seq;
    let mut client = gate.hello(owner(), "one", &[(run, last.0)]).await;
    assert_eq!(client.welcome.resumed.len(), 1);
    assert_eq!(client.welcome.resumed[0].from_seq, last.next());
    had.frames.extend(client.hear_text(run, "drei").await.frames);
    second.fire();
    let rest = client.hear(run, 1_000).await;
    had.frames.extend(rest.frames);
    assert_eq!(had.seqs(), (1..=had.frames.len() as u64).collect::<Vec<_>>());
    assert_eq!(had.text(&answer), "one zwei drei vier");

    // From every place, after it has ended, over a restart too.
    gate.close().await;
    let gate = Gate::open(folder.path(), &server).await;
    for after in 0..had.frames.len() {
        let mut client = gate.hello(owner(), "one", &[(run, after as u64)]).await;
        let again = client.hear(run, 1_000).await;
        assert_eq!(again.status, Some(RunStatus::Complete), "{after}");
        let mut both = crate::support::gate::Heard::default();
        both.frames.extend_from_slice(&had.frames[..after]);
        both.frames.extend(again.frames);
        assert_eq!(both.text(&answer), "one zwei drei vier", "{after}");
        assert_eq!(both.seqs(), had.seqs(), "{after}");
    }
}

#[tokio::test]
async fn runs_that_cannot_be_gone_on_with_are_gone() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("one ", "two", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let (run, _) = client.say(message(new_chat(), "Hi")).await;
    let had = client.hear_text(run, "one").await.frames.len() as u64;
    let unknown = switchboard::protocol::IdSource.run(crate::support::now());
    let back = gate.hello(owner(), "one", &[(unknown, 3), (run, had + 100), (run, had)]).await;
    assert_eq!(back.welcome.gone, [unknown, run], "unknown, and from the future");
    assert_eq!(back.welcome.resumed.len(), 1);
    let other = gate.hello(guest("guest"), "one", &[(run, 1)]).await;
    assert_eq!(other.welcome.gone, [run], "another's run");
    go.fire();
    let mut back = gate.hello(owner(), "one", &[(run, had)]).await;
    let rest = back.hear(run, 1_000).await;
    let last = rest.frames.last().unwrap().seq;
    let back = gate.hello(owner(), "one", &[(run, last.0)]).await;
    assert_eq!(back.welcome.gone, [run], "it has all and does not know the end");
    gate.store.purge_journals(crate::support::now().plus_ms(1_000)).await.unwrap();
    let back = gate.hello(owner(), "one", &[(run, 1)]).await;
    assert_eq!(back.welcome.gone, [run], "too old");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_catches_up_and_others_notice_nothing() {
    const PIECE: usize = 600_000;
    let (folder, server) = (folder(), Server::start());
    let gos: Vec<Signal> = (0..9).map(|_| Signal::new()).collect();
    let piece = |letter: char| letter.to_string().repeat(PIECE);
    let letters: Vec<char> = ('a'..='i').collect();
    let mut script = Script::stream();
    for (go, letter) in gos.iter().zip(&letters) {
        script = script.bytes(sse_without_done(&[delta(&piece(*letter))])).wait(go);
    }
    server.push(script.bytes(sse(&[finish("stop")])));
    let gate = Gate::open(folder.path(), &server).await;
    let mut slow = gate.client("slow").await;
    let mut quick = gate.client("quick").await;
    let chat = new_chat();
    let follow = || ClientCommand::follow(chat, None);
    quick.chat("hi", message(chat, "Hi")).await;
    let (_, answer) = quick.run_started().await;
    let run = answer.answer.as_ref().unwrap().run;
    slow.ask(follow()).await.unwrap();
    let mut heard = crate::support::gate::Heard::default();
    for (go, letter) in gos.iter().zip(&letters) {
        heard.frames.extend(quick.hear_text(run, &letter.to_string()).await.frames);
        while heard.text(&answer).len() % PIECE != 0 {
            heard.frames.extend(quick.hear(run, 1).await.frames);
        }
        go.fire();
    }
    let rest = quick.hear(run, 1_000).await;
    assert_eq!(rest.status, Some(RunStatus::Complete));
    heard.frames.extend(rest.frames);
    let whole: String = letters.iter().map(|letter| piece(*letter)).collect();
    assert!(heard.text(&answer) == whole);
    assert!(slow.has_overflowed() && slow.is_let_go().await);

    // More than fits at once: it waits for room and is not let go again.
    let mut slow = gate.hello(owner(), "slow", &[(run, 0)]).await;
    let again = slow.hear(run, 1_000_000).await;
    assert!(again.text(&answer) == whole);
    assert_eq!(again.seqs(), heard.seqs());
}

#[tokio::test]
async fn a_page_of_a_chat_says_how_far_its_open_answer_is_part_of_it() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("one ", "two", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    let (run, _) = client.say(message(chat, "Hi")).await;
    client.hear_text(run, "one").await;
    let mut other = gate.client("two").await;
    let load = ClientCommand::LoadMessages { chat_id: chat, before: None, limit: None };
    let Ok(ServerMessage::Messages { messages, applied, .. }) = other.ask(load).await else {
        panic!()
    };
    let applied = applied.unwrap();
    assert_eq!((applied.run_id, messages[1].text().as_str()), (run, "one "));
    let after_seq = Some(applied.after_seq);
    other.send("go on", ClientCommand::follow(chat, after_seq)).await;
    go.fire();
    let rest = other.hear(run, 1_000).await;
    assert_eq!(rest.frames[0].seq, applied.after_seq.next());
    let mut message = messages[1].clone();
    for frame in &rest.frames {
        message.apply(&frame.event, frame.ts);
    }
    assert_eq!(message.text(), "one two");
}

#[tokio::test]
async fn a_run_that_a_killed_gateway_left_ends_for_its_clients_with_its_text() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("half an answer", "never", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    client.chat("hi", message(new_chat(), "Hi")).await;
    let (_, answer) = client.run_started().await;
    let run = answer.answer.as_ref().unwrap().run;
    let had = client.hear_text(run, "half").await;
    gate.store.flush().await.unwrap();
    // What a killed process leaves: files as they are now.
    let copy = tempfile::tempdir().unwrap();
    for name in ["switchboard.db", "switchboard.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let gate = Gate::open(copy.path(), &server).await;
    let last = had.frames.last().unwrap().seq;
    let mut client = gate.hello(owner(), "one", &[(run, last.0)]).await;
    assert_eq!(client.welcome.resumed[0].from_seq, last.next());
    let rest = client.hear(run, 10).await;
    assert_eq!((rest.status, rest.seqs()), (Some(RunStatus::Interrupted), vec![last.0 + 1]));
    assert_eq!(had.text(&answer), "half an answer");
    assert_eq!(rest.frames[0].seq, Seq(last.0 + 1));
    let page = gate.store.page(answer.chat, None, 10).await.unwrap();
    assert_eq!(page.messages[1].text(), "half an answer");
}

#[tokio::test]
async fn a_client_that_sees_a_gap_asks_again() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("one ", "two", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    let (run, _) = client.say(message(chat, "Hi")).await;
    let had = client.hear_text(run, "one").await;
    let again = ClientCommand::follow(chat, Some(Seq(1)));
    client.ask(again).await.unwrap();
    let told = client.hear(run, had.frames.len() - 1).await;
    assert_eq!(told.frames, had.frames[1..]);
    go.fire();
    let rest = client.hear(run, 1_000).await;
    assert_eq!(rest.frames[0].seq, had.frames.last().unwrap().seq.next());
    assert_eq!(rest.status, Some(RunStatus::Complete));
}
