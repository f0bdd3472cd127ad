// A bot's day in JavaScript, against `serve`: no packages, so that the test needs nothing but Node itself.
// Takes the line that serve printed as its argument; prints what it saw as one line of JSON.

import crypto from "node:crypto";
import http from "node:http";

const { url, stream_url, control_url, api_key } = JSON.parse(process.argv[2]);

const rest = async (method) => {
  const response = await fetch(`${url}/eapi/v1/listenKey`, { method, headers: { "X-MBX-APIKEY": api_key } });
  return { status: response.status, weight: response.headers.get("x-mbx-used-weight-1m"), body: await response.json() };
};

const control = async (method, path, body) => {
  const response = await fetch(control_url + path, { method, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
};

// Node has a WebSocket of its own from version 22 on; before that, the little of RFC 6455 that is needed here.
const listen = (address) =>
  new Promise((resolve, reject) => {
    const messages = [];
    let wanted = null;
    const arrived = (text) => {
      if (wanted) [wanted, text] = [wanted(text), null];
      else messages.push(text);
    };
    const next = () =>
      new Promise((done) => {
        if (messages.length) done(messages.shift());
        else wanted = (text) => (done(text), null);
      });
    if (globalThis.WebSocket) {
      const socket = new WebSocket(address);
      socket.onmessage = (message) => arrived(message.data);
      socket.onclose = (event) => arrived(`closed ${event.code}`);
      socket.onerror = reject;
      socket.onopen = () => resolve({ next, close: () => socket.close() });
      return;
    }
    const key = crypto.randomBytes(16).toString("base64");
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key };
    const request = http.request(address.replace("ws:", "http:"), { headers });
    request.on("response", (response) => reject(new Error(`refused: ${response.statusCode}`)));
    request.on("error", reject);
    request.on("upgrade", (response, socket, head) => {
      const expected = crypto.createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      if (response.headers["sec-websocket-accept"] !== expected) reject(new Error("wrong Sec-WebSocket-Accept"));
      const send = (opcode, payload) => socket.write(Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
      let received = Buffer.alloc(0);
      const feed = (data) => {
        received = Buffer.concat([received, data]);
        for (;;) {
          if (received.length < 2) return;
          let [begin, length] = [2, received[1]];
          if (length === 126) {
            if (received.length < 4) return;
            [begin, length] = [4, received.readUInt16BE(2)];
          }
          if (received.length < begin + length) return;
          const [opcode, payload] = [received[0] & 15, received.subarray(begin, begin + length)];
          received = received.subarray(begin + length);
          if (opcode === 1) arrived(payload.toString());
          if (opcode === 9) send(10, payload);
          if (opcode === 8) {
            arrived(`closed ${payload.readUInt16BE(0)}`);
            send(8, payload);
            socket.end();
          }
        }
      };
      socket.on("data", feed);
      socket.on("error", () => {});
      feed(head);
      resolve({ next, close: () => send(8, Buffer.from([3, 232])) });
    });
    request.end();
  });

const started = await rest("POST");
const stream = await listen(`${stream_url}/private/ws/${started.body.listenKey}`);
const seen = { started: { status: started.status, letters: started.body.listenKey.length, weight: started.weight } };
await control("POST", "/events", { e: "ORDER_TRADE_UPDATE", o: { i: 42, X: "FILLED" } });
seen.order = JSON.parse(await stream.next()).o;
await control("POST", "/faults", { fault: "service_unavailable", method: "PUT", times: 1 });
seen.failed = await rest("PUT");
seen.renewed = await rest("PUT");
await control("POST", "/clock/advance", { seconds: 3600 });
seen.expired = JSON.parse(await stream.next()).e;
seen.late = await rest("PUT");
await control("POST", "/clock/advance", { seconds: 23 * 3600 });
seen.end = await stream.next();
seen.refused = await control("POST", "/events", { e: "ORDER_TRADE_UPDATE", o: { X: "HALF_FILLED" } });
seen.journal = (await control("GET", "/journal")).body.filter((entry) => entry.method).map((entry) => [entry.method, entry.status]);
console.log(JSON.stringify(seen));
