//! `/v1/models` and `/v1/chat/completions`: the gateway's bots and models for any program that
//! speaks OpenAI's chat completions (<https://platform.openai.com/docs/api-reference/chat>).

mod answer;
mod failure;
mod request;
mod wire;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, interval_at, timeout};

use super::door::{self, Pass};
use super::front::Front;
use super::guard::Guard;
use super::host::HostInput;
use super::meter::Pace;
use super::outbox::{OutboxReader, outbox};
use super::{body, streams};
use answer::{Answer, News};
use failure::Failure;
use wire::Spelling;

/// Pieces that were written and not yet taken by the connection.
const MOST_WRITTEN: usize = 16;

/// `/v1/models`
pub(super) async fn models(State(front): State<Arc<Front>>, request: Request) -> Response {
    match names(&front, request).await {
        Ok(names) => {
            let data: Vec<_> = names.iter().map(|name| model_entry(name)).collect();
            Json(json!({ "object": "list", "data": data })).into_response()
        }
        Err(failure) => failure.into_response(),
    }
}

/// `/v1/models/{id}`
pub(super) async fn model(
    State(front): State<Arc<Front>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match names(&front, request).await {
        Ok(names) if names.contains(&id) => Json(model_entry(&id)).into_response(),
        Ok(_) => Failure::no_model(&id).into_response(),
        Err(failure) => failure.into_response(),
    }
}

fn model_entry(name: &str) -> serde_json::Value {
    json!({ "id": name, "object": "model", "created": 0, "owned_by": "switchboard" })
}

async fn names(front: &Front, request: Request) -> Result<Vec<String>, Failure> {
    let (parts, _body) = request.into_parts();
    let pass = door::admit(front, &parts).await.ok_or_else(Failure::no_entry)?;
    pace(&pass).await?;
    let (to, names) = oneshot::channel();
    let asked = HostInput::Names { visitor: pass.visitor.clone(), to };
    front.tell(asked).await.map_err(|_gone| Failure::stopping())?;
    match timeout(front.timing().answer, names).await {
        Ok(Ok(names)) => Ok(names),
        Ok(Err(_gone)) => Err(Failure::stopping()),
        Err(_late) => Err(Failure::late()),
    }
}

/// `/v1/chat/completions`
pub(super) async fn complete(State(front): State<Arc<Front>>, request: Request) -> Response {
    match begin(&front, request).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

/// Says that the gateway is about to end.
pub(super) fn stopping() -> Response {
    Failure::stopping().into_response()
}

async fn begin(front: &Arc<Front>, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let pass = door::admit(front, &parts).await.ok_or_else(Failure::no_entry)?;
    pace(&pass).await?;
    let bytes = body::read(&parts.headers, body).await.map_err(Failure::of_body)?;
    let asked = request::read(&bytes)?;
    let permit = front.clients.clone().try_acquire_owned().map_err(|_full| Failure::full())?;
    let (near, reader) = outbox();
    let guard = Guard::new(front);
    let run = Run { pass: pass.clone(), reader, _permit: permit, guard };
    let spelling = Spelling::new(run.guard.session(), &asked.completion.model);
    let opened = HostInput::Completion {
        session: run.guard.session(),
        visitor: pass.visitor.clone(),
        request: Box::new(asked.completion),
        outbox: near,
    };
    front.tell(opened).await.map_err(|_gone| Failure::stopping())?;
    if asked.is_streamed {
        streamed(front, run, spelling, asked.wants_usage).await
    } else {
        whole(run, &spelling).await
    }
}

/// Counts a request: those with one token are one client's.
async fn pace(pass: &Pass) -> Result<(), Failure> {
    let pace = pass.posts.lock().frame(Instant::now());
    match pace {
        Pace::Fine => {}
        Pace::WaitUntil(at) => tokio::time::sleep_until(at).await,
        Pace::Flood => return Err(Failure::too_many()),
    }
    Ok(())
}

/// A run on behalf of a request. It ends with the request.
struct Run {
    pass: Arc<Pass>,
    reader: OutboxReader,
    _permit: OwnedSemaphorePermit,
    guard: Guard,
}

impl Run {
    /// What happened next.
    async fn next(&mut self, answer: &mut Answer) -> News {
        loop {
            let frame = tokio::select! {
                () = self.pass.over.cancelled() => return News::Failed(Failure::stopping()),
                frame = self.reader.next() => frame,
            };
            let Some(frame) = frame else { return answer.cut() };
            if let Some(news) = answer.take(&frame) {
                return news;
            }
        }
    }
}

async fn whole(mut run: Run, spelling: &Spelling) -> Result<Response, Failure> {
    let (mut answer, mut text) = (Answer::default(), String::new());
    loop {
        match run.next(&mut answer).await {
            News::Text(delta) => text.push_str(&delta),
            News::Ended(finish) => {
                return Ok(Json(spelling.whole(&answer, &text, finish)).into_response());
            }
            News::Failed(failure) => return Err(failure),
        }
    }
}

/// What fails before the first word is an error of HTTP; after it, one within the stream.
async fn streamed(
    front: &Arc<Front>,
    mut run: Run,
    spelling: Spelling,
    wants_usage: bool,
) -> Result<Response, Failure> {
    let mut answer = Answer::default();
    // Who waits longer for the head of an answer gives up, so it is sent then without a word.
    let first = match timeout(front.timing().answer, run.next(&mut answer)).await {
        Ok(News::Failed(failure)) => return Err(failure),
        Ok(news) => Some(news),
        Err(_late) => None,
    };
    let (sender, receiver) = mpsc::channel(MOST_WRITTEN);
    let stream = Stream { run, answer, spelling, wants_usage, sender };
    front.spawn(Box::pin(stream.live(first, front.timing().heartbeat)));
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((StatusCode::OK, headers, streams::body_of(receiver)).into_response())
}

struct Stream {
    run: Run,
    answer: Answer,
    spelling: Spelling,
    wants_usage: bool,
    sender: mpsc::Sender<Bytes>,
}

/// The client has gone.
struct Gone;

impl Stream {
    async fn live(mut self, first: Option<News>, every: std::time::Duration) {
        if self.carry(first, every).await.is_err() {
            tracing::debug!("a client left before the end of its answer");
        }
    }

    async fn carry(&mut self, first: Option<News>, every: std::time::Duration) -> Result<(), Gone> {
        let opening = self.spelling.opening(&self.answer, self.wants_usage);
        self.write(opening).await?;
        let mut news = first;
        let mut beats = interval_at(Instant::now() + every, every);
        loop {
            if let Some(news) = news.take()
                && self.tell(news).await?
            {
                return Ok(());
            }
            news = tokio::select! {
                next = self.run.next(&mut self.answer) => Some(next),
                () = self.sender.closed() => return Err(Gone),
                _ = beats.tick() => {
                    self.write(Bytes::from_static(b": still here\n\n")).await?;
                    None
                }
            };
        }
    }

    /// Whether that was the end.
    async fn tell(&mut self, news: News) -> Result<bool, Gone> {
        match news {
            News::Text(delta) => {
                self.write(self.spelling.delta(&self.answer, &delta, self.wants_usage)).await?;
                return Ok(false);
            }
            News::Ended(finish) => {
                self.write(self.spelling.end(&self.answer, finish, self.wants_usage)).await?;
                if self.wants_usage {
                    self.write(self.spelling.usage(&self.answer)).await?;
                }
            }
            News::Failed(failure) => self.write(wire::event(&failure.body())).await?,
        }
        self.write(Bytes::from_static(b"data: [DONE]\n\n")).await?;
        Ok(true)
    }

    /// Writes, unless so much waits behind it that the host has let the run go.
    async fn write(&self, bytes: Bytes) -> Result<(), Gone> {
        tokio::select! {
            sent = self.sender.send(bytes) => sent.map_err(|_closed| Gone),
            () = self.run.reader.overflow() => Err(Gone),
        }
    }
}
