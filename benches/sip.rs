//! What reading and writing SIP costs: the INVITE of a call and its 200.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hotline::sip::wire::{Framed, Framer, Message, Name, Request, Response, parse};

const SDP: &str = "v=0\r\no=carrier 3890 1 IN IP4 203.0.113.10\r\ns=-\r\nc=IN IP4 203.0.113.10\r\n\
    t=0 0\r\nm=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

fn invite() -> Bytes {
    Bytes::from(format!(
        "INVITE sip:12345@198.51.100.5:5060;user=phone SIP/2.0\r\n\
         Via: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-524287-1---5a1f0d3c9e;rport\r\n\
         Max-Forwards: 69\r\n\
         Record-Route: <sip:203.0.113.10;lr;ftag=as58f4201b>\r\n\
         From: \"02161234567\" <sip:02161234567@203.0.113.10;user=phone>;tag=as58f4201b\r\n\
         To: <sip:12345@198.51.100.5;user=phone>\r\n\
         Contact: <sip:02161234567@203.0.113.10:5060;transport=udp>\r\n\
         Call-ID: 7c12a4f1e0b34d6c@203.0.113.10\r\n\
         CSeq: 102 INVITE\r\n\
         User-Agent: Carrier SBC 7.2\r\n\
         P-Asserted-Identity: <tel:+862161234567>\r\n\
         Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE\r\n\
         Supported: 100rel, timer, replaces\r\n\
         Session-Expires: 1800;refresher=uac\r\n\
         Content-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    ))
}

fn request(bytes: &Bytes) -> Request {
    match parse(bytes.clone()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn answer(request: &Request) -> Response {
    let mut response = Response::answering(&request.headers, 200);
    response.headers.push(Name::Contact, "<sip:198.51.100.5:5060>");
    response.headers.push(Name::Allow, "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REGISTER");
    response.headers.push(Name::ContentType, "application/sdp");
    response.body = Bytes::from_static(SDP.as_bytes());
    response
}

fn sip(c: &mut Criterion) {
    let bytes = invite();
    let parsed = request(&bytes);
    let response = answer(&parsed);

    let mut group = c.benchmark_group("sip");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("parse INVITE with SDP", |b| b.iter(|| parse(black_box(bytes.clone()))));
    group.bench_function("parse INVITE and read what routes it", |b| {
        b.iter(|| {
            let request = request(black_box(&bytes));
            let headers = &request.headers;
            let ends = (headers.via(), headers.from(), headers.to(), headers.contacts());
            black_box((ends.0.is_ok(), ends.1.is_ok(), ends.2.is_ok(), ends.3.is_ok()))
        });
    });
    group.bench_function("frame INVITE", |b| {
        let mut framer = Framer::default();
        b.iter(|| {
            framer.push(black_box(&bytes));
            assert!(matches!(framer.next(), Some(Ok(Framed::Message(_)))));
        });
    });
    group.bench_function("make 200", |b| b.iter(|| answer(black_box(&parsed))));
    group.bench_function("write 200", |b| {
        let mut out = Vec::with_capacity(2_048);
        b.iter(|| {
            out.clear();
            black_box(&response).write(&mut out);
            black_box(out.len())
        });
    });
    group.finish();
}

criterion_group!(benches, sip);
criterion_main!(benches);
