// One question to a server by its own protocol, without a client that would have to be installed first.

/**
 * @template T
 * @param {{socket: import('node:net').Socket, question: string|Buffer, timeoutMs: number, read: (bytes: Buffer) => T|undefined}} options
 *   read: the answer in all bytes so far; undefined: it is not complete; throws what the server refuses with
 * @returns {Promise<T>} rejects with the reason in words
 */
function exchange({ socket, question, timeoutMs, read }) {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const fail = (message) => {
      socket.destroy();
      reject(new Error(message));
    };
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${timeoutMs / 1000} s`));
    socket.on('error', (error) => fail(error.message || error.code));
    socket.on('close', () => fail('connection closed'));
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data]);
      try {
        const answer = read(bytes);
        if (answer === undefined) return;
        socket.destroy();
        resolve(answer);
      } catch (error) {
        fail(error.message);
      }
    });
    socket.write(question);
  });
}

module.exports = { exchange };
