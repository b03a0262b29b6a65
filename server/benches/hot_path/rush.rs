//! A rush of sign-ins: what one costs beside bare Argon2, and what memory stays with the process. Session checks go on
//! beside it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use accounts::{
    client::Client,
    db::Db,
    instance::Instance,
    keys::Keys,
    limits::Limits,
    passwords::Hasher,
    plans::Plan,
    secret::Secret,
    sign_up::{FirstUser, Policy, SignUp, sign_up},
    time::Moment,
    users::NewUser,
};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet, time::sleep};

use crate::{
    Failed, load,
    servers::{Data, Kind, Server},
};

const AT_ONCE: usize = 64;
const SIGN_INS_EACH: usize = 12;
const PASSWORD: &str = "violet tram under seven bridges";

/// Hashes of bare Argon2 that are measured.
const BARE: u32 = 40;

/// Measures it, and says so line by line.
pub async fn measure(data: &Data, cookies: &Arc<Vec<String>>) -> Result<Vec<String>, Failed> {
    users(data).await?;
    let bare = bare()?;
    let server = Server::start(Kind::SignIns, data)?;
    let start = server.resident()?;
    let before = server.cpu_seconds()?;
    let begun = Instant::now();
    let answered = rush(&server, false).await?;
    let took = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "some hundred")]
    let each = (server.cpu_seconds()? - before) / answered as f64;

    let (rush, checks) = tokio::join!(rush(&server, true), load::run(&server, cookies, 4_000));
    let (of_those, checks) = (rush?, checks?);
    Ok(vec![
        format!(
            "bare Argon2                                   : {:>6.1} ms of CPU",
            bare * 1e3
        ),
        format!(
            "a sign-in, {AT_ONCE} at once, {answered} in {took:.1} s               : {:>6.1} ms of CPU, {:.2} times that",
            each * 1e3,
            each / bare
        ),
        format!(
            "resident memory, at the start and after both  : {start:>6.1} MB, {:.1} MB",
            server.resident()?
        ),
        format!(
            "session checks beside {of_those} sign-ins, a third left : median {:.1} ms, p99 {:.1} ms",
            checks.half, checks.p99
        ),
    ])
}

async fn users(data: &Data) -> Result<(), Failed> {
    let instance = Instance {
        db: Db::open(&data.url).await?,
        hasher: Hasher::new(1)?,
        keys: Keys::parse(&Keys::new_line())?,
        limits: Limits::default(),
    };
    let policy = Policy {
        sign_up: SignUp::Open,
        plan: Plan::Enterprise,
        first: FirstUser::AtTheMachine,
    };
    for n in 0..AT_ONCE {
        let (email, password) = (email(n), Secret::new(PASSWORD.into()));
        let user = NewUser {
            name: "Rush",
            email: &email,
            password: &password,
        };
        sign_up(&instance, &Client::default(), Moment::now(), &policy, user).await?;
    }
    instance.db.close().await;
    Ok(())
}

fn email(n: usize) -> String {
    format!("rush{n}@example.com")
}

/// Seconds of one hash with the settings of the program, on an otherwise idle core.
fn bare() -> Result<f64, Failed> {
    let params = argon2::Params::new(19 * 1_024, 2, 1, None).map_err(|e| e.to_string())?;
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut memory = vec![argon2::Block::new(); argon2.params().block_count()];
    let mut hash = [0; 32];
    let before = own_cpu()?;
    for n in 0..BARE {
        argon2
            .hash_password_into_with_memory(
                PASSWORD.as_bytes(),
                &n.to_le_bytes().repeat(4),
                &mut hash,
                &mut memory,
            )
            .map_err(|e| e.to_string())?;
    }
    Ok((own_cpu()? - before) / f64::from(BARE))
}

fn own_cpu() -> Result<f64, Failed> {
    crate::servers::cpu_seconds(std::process::id())
}

/// Every user signs in again and again. With `leaving`, every third leaves before the answer. How many were answered.
async fn rush(server: &Server, leaving: bool) -> Result<usize, Failed> {
    let mut connections = JoinSet::new();
    for n in 0..AT_ONCE {
        connections.spawn(sign_ins(server.port, n, leaving));
    }
    let mut answered = 0;
    while let Some(one) = connections.join_next().await {
        answered += one??;
    }
    Ok(answered)
}

async fn sign_ins(port: u16, n: usize, leaving: bool) -> Result<usize, Failed> {
    let form = format!("email={}&password={}", email(n), PASSWORD.replace(' ', "+"));
    let request = format!(
        "POST /api/fn/sign_in HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut answer, mut answered) = (Vec::new(), 0);
    for turn in 0..SIGN_INS_EACH {
        stream.write_all(request.as_bytes()).await?;
        if leaving && turn % 3 == 0 {
            sleep(Duration::from_millis(20)).await;
            stream = TcpStream::connect(("127.0.0.1", port)).await?;
            continue;
        }
        load::answer(&mut stream, &mut answer).await?;
        answered += 1;
    }
    Ok(answered)
}
