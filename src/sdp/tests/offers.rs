//! Offers as phones, gateways and carriers write them.

use super::{local, media_lines, shown};
use crate::sdp::answer;

/// Answers the offer; compares what was agreed and the media lines of our answer.
fn check(name: &str, offer: &str, agreed: &str, medias: &[&str]) {
    for offer in [offer.to_owned(), offer.replace('\n', "\r\n")] {
        let (text, got) = match answer(offer.as_bytes(), &local()) {
            Ok(answered) => answered,
            Err(refusal) => panic!("{name}: {refusal}"),
        };
        assert_eq!(shown(&got), agreed, "{name}");
        assert_eq!(media_lines(&text), medias, "{name}");
    }
}

#[test]
fn a_carrier_ims_offers_wideband_first() {
    check(
        "IMS of a Chinese carrier: AMR-WB, AMR, G.711, two telephone-events, preconditions",
        "v=0
o=- 1234567890 1234567890 IN IP4 10.188.7.20
s=SBC call
c=IN IP4 10.188.7.20
t=0 0
m=audio 30126 RTP/AVP 104 102 8 0 18 105 100
b=AS:80
b=RS:600
b=RR:2000
a=rtpmap:104 AMR-WB/16000/1
a=fmtp:104 mode-change-capability=2;max-red=0
a=rtpmap:102 AMR/8000/1
a=fmtp:102 mode-change-capability=2;max-red=0
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:105 telephone-event/16000
a=fmtp:105 0-15
a=rtpmap:100 telephone-event/8000
a=fmtp:100 0-15
a=ptime:20
a=maxptime:40
a=curr:qos local none
a=curr:qos remote none
a=des:qos optional local sendrecv
a=des:qos none remote sendrecv
a=sendrecv
",
        "PCMA 8/8 event 100/100 sendrecv 20ms 10.188.7.20:30126 rtcp 30127",
        &["audio 20000 RTP/AVP 8 100"],
    );
}

#[test]
fn a_carrier_sbc_without_rtpmap_for_static_types() {
    check(
        "static types need no rtpmap; the session's name is GBK cut down to junk",
        "v=0
o=HuaweiSBC 99999999999999999999999 99999999999999999999999 IN IP4 172.16.1.1
s=\u{fffd}\u{fffd}
c=IN IP4 172.16.1.1
t=0 0
m=audio 10010 RTP/AVP 8 0 97
a=rtpmap:97 telephone-event/8000
",
        "PCMA 8/8 event 97/97 sendrecv 20ms 172.16.1.1:10010 rtcp 10011",
        &["audio 20000 RTP/AVP 8 97"],
    );
}

#[test]
fn baresip() {
    check(
        "baresip: rtcp-mux, ssrc, label, own RTCP address",
        "v=0
o=- 3872614400 3872614401 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
a=tool:baresip 1.0.0
m=audio 12346 RTP/AVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:12347
a=rtcp-mux
a=sendrecv
a=label:1
a=rtcp-rsize
a=ssrc:1186534378 cname:sip:anna@192.0.2.10
a=ptime:20
",
        "PCMA 8/8 event 101/101 sendrecv 20ms 192.0.2.10:12346 rtcp 12347",
        &["audio 20000 RTP/AVP 8 101"],
    );
}

#[test]
fn linphone() {
    check(
        "Linphone: AVPF, opus and speex first, video and text behind",
        "v=0
o=bo 2890 3441 IN IP4 198.51.100.7
s=Talk
c=IN IP4 198.51.100.7
t=0 0
a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics
m=audio 7078 RTP/AVPF 96 97 98 0 8 18 101 99
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 speex/16000
a=rtpmap:98 speex/8000
a=fmtp:98 vbr=on
a=rtpmap:101 telephone-event/48000
a=rtpmap:99 telephone-event/8000
a=rtcp-fb:* trr-int 5000
m=video 9078 RTP/AVPF 96 97
a=rtpmap:96 VP8/90000
a=rtpmap:97 H264/90000
m=text 0 RTP/AVP 98
",
        "PCMA 8/8 event 99/99 sendrecv 20ms 198.51.100.7:7078 rtcp 7079",
        &["audio 20000 RTP/AVPF 8 99", "video 0 RTP/AVPF 96", "text 0 RTP/AVP 98"],
    );
}

#[test]
fn yealink() {
    check(
        "Yealink: only µ-law left on, SRTP offered beside, ptime in the middle",
        "v=0
o=- 20015 20015 IN IP4 192.168.1.50
s=SDP data
c=IN IP4 192.168.1.50
t=0 0
m=audio 11784 RTP/SAVP 0 101
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NzM3NTY0NmE2YjZjNmQ2ZTZmNzA3MTcyNzM3NDc1NzY=
a=rtpmap:0 PCMU/8000
m=audio 11786 RTP/AVP 0 9 101
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=ptime:30
a=fmtp:101 0-15
a=rtpmap:101 telephone-event/8000
a=sendrecv
",
        "PCMU 0/0 event 101/101 sendrecv 30ms 192.168.1.50:11786 rtcp 11787",
        &["audio 0 RTP/SAVP 0", "audio 20000 RTP/AVP 0 101"],
    );
}

#[test]
fn sipp() {
    check(
        "SIPp's built-in scenario: no telephone-event",
        "v=0
o=user1 53655765 2353687637 IN IP4 127.0.0.11
s=-
c=IN IP4 127.0.0.11
t=0 0
m=audio 6000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
",
        "PCMU 0/0 event - sendrecv 20ms 127.0.0.11:6000 rtcp 6001",
        &["audio 20000 RTP/AVP 0"],
    );
}

#[test]
fn asterisk_with_a_dynamic_number_for_alaw() {
    check(
        "G.711 on a dynamic type, channels written out, RTCP at another host",
        "v=0
o=root 1 1 IN IP4 192.0.2.3
s=Asterisk PBX
c=IN IP4 192.0.2.3
t=0 0
m=audio 18000/2 RTP/AVP 112 120
c=IN IP4 192.0.2.4
a=rtcp:19001 IN IP4 192.0.2.5
a=rtpmap:112 pcma/8000/1
a=rtpmap:120 Telephone-Event/8000
a=maxptime:150
",
        "PCMA 112/112 event 120/120 sendrecv 20ms 192.0.2.4:18000 rtcp 19001",
        &["audio 20000 RTP/AVP 112 120"],
    );
}

#[test]
fn a_webrtc_gateway_with_bundle_answers_plain_rtp_only_for_the_plain_line() {
    check(
        "the first of two plain audio lines is taken",
        "v=0
o=- 1 2 IN IP4 192.0.2.3
s=-
t=0 0
a=group:BUNDLE 0 1
m=video 40000 UDP/TLS/RTP/SAVPF 96
c=IN IP4 192.0.2.3
m=audio 40002 RTP/AVP 8
c=IN IP4 192.0.2.3
a=mid:0
m=audio 40004 RTP/AVP 0
c=IN IP4 192.0.2.3
a=mid:1
m=application 9 DTLS/SCTP 5000
",
        "PCMA 8/8 event - sendrecv 20ms 192.0.2.3:40002 rtcp 40003",
        &[
            "video 0 UDP/TLS/RTP/SAVPF 96",
            "audio 20000 RTP/AVP 8",
            "audio 0 RTP/AVP 0",
            "application 0 DTLS/SCTP 5000",
        ],
    );
}
