//! A socket to a broker, and frames over it.

use bytes::Bytes;
use measure::Res;
use milena_wire::codec::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Link {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Link {
    pub async fn open(bootstrap: &str) -> Res<Link> {
        let stream = TcpStream::connect(bootstrap).await?;
        stream.set_nodelay(true)?;
        Ok(Link {
            stream,
            buffer: Vec::new(),
        })
    }

    pub async fn write(&mut self, frame: &[u8]) -> Res<()> {
        Ok(self.stream.write_all(frame).await?)
    }

    /// The next answer, without its length.
    pub async fn read(&mut self) -> Res<Bytes> {
        let length = usize::try_from(self.stream.read_i32().await?)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(length.max(buffer.len()), 0);
        buffer.truncate(length);
        self.stream.read_exact(&mut buffer).await?;
        Ok(Bytes::from(buffer))
    }

    /// Gives the memory of an answer back for the next one.
    pub fn recycle(&mut self, answer: Bytes) {
        if let Ok(answer) = answer.try_into_mut() {
            self.buffer = answer.into();
        }
    }

    pub async fn call<R: Request>(&mut self, request: &R, version: i16) -> Res<R::Response> {
        let frame =
            milena_wire::encode_request(Vec::new(), request, version, 0, None)?.into_bytes();
        self.write(&frame).await?;
        let (_, body) = milena_wire::split_response::<R::Response>(self.read().await?, version)?;
        Ok(milena_wire::codec::Message::decode(&body, version)?)
    }
}
