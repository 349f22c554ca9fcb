//! The mail that the load is made of: office letters with Vietnamese words, some with an attachment.

/// A folder's words: enough that a search for one of them has work to do.
const WORDS: [&str; 24] = [
    "công", "văn", "báo", "cáo", "quyết", "định", "phòng", "công", "chứng", "thi", "hành", "án", "dân", "sự", "kế",
    "hoạch", "tuần", "tháng", "kính", "gửi", "đồng", "chí", "giám", "đốc",
];
/// One in so many messages of a folder carries an attachment.
const ATTACHMENT_EVERY: usize = 10;
/// What the attachment has before base64.
const ATTACHMENT_BYTES: usize = 100_000;

/// A plain message of about `size` bytes; `n` makes it different from every other.
pub fn plain(n: usize, size: usize) -> Vec<u8> {
    let mut message = header(n, "text/plain; charset=utf-8");
    fill(&mut message, n, size);
    message
}

/// A message of a folder: mostly plain ones, every tenth with an attachment, some 20 kB in the mean.
pub fn of_folder(n: usize) -> Vec<u8> {
    if !n.is_multiple_of(ATTACHMENT_EVERY) {
        return plain(n, 2_000 + n % 17 * 1_000);
    }
    let mut message = header(n, "multipart/mixed; boundary=\"=_ranh-gioi\"");
    message.extend(b"--=_ranh-gioi\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
    let size = message.len() + 2_000;
    fill(&mut message, n, size);
    message.extend(
        b"--=_ranh-gioi\r\nContent-Type: application/pdf; name=\"bao-cao.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
          Content-Disposition: attachment; filename=\"bao-cao.pdf\"\r\n\r\n",
    );
    let bytes: Vec<u8> = (0..ATTACHMENT_BYTES).map(|i| (i * 31 + n * 7) as u8).collect();
    for line in data_encoding::BASE64.encode(&bytes).as_bytes().chunks(76) {
        message.extend(line);
        message.extend(b"\r\n");
    }
    message.extend(b"--=_ranh-gioi--\r\n");
    message
}

fn header(n: usize, kind: &str) -> Vec<u8> {
    let word = WORDS[n % WORDS.len()];
    format!(
        "Date: Mon, 2 Nov 2026 08:{:02}:{:02} +0700\r\nFrom: =?utf-8?q?S=E1=BB=9F_T=C6=B0_ph=C3=A1p?= <so@example.vn>\r\n\
         To: van-phong@daklak.doj.gov.vn\r\nSubject: =?utf-8?B?{}?=\r\nMessage-ID: <{n}.{}@example.vn>\r\n\
         MIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
        n / 60 % 60,
        n % 60,
        data_encoding::BASE64.encode(format!("{word} số {n}").as_bytes()),
        std::process::id(),
    )
    .into_bytes()
}

fn fill(message: &mut Vec<u8>, n: usize, size: usize) {
    let (mut column, mut at) = (0, n);
    while message.len() < size {
        at = at * 31 % 1_000_003 + 7;
        let word = WORDS[at % WORDS.len()];
        message.extend(word.as_bytes());
        column += word.len() + 1;
        if column > 72 {
            message.extend(b"\r\n");
            column = 0;
        } else {
            message.push(b' ');
        }
    }
    message.extend(b"\r\n");
}
