/** Numbers in the binary format: LEB128 integers, little-endian floats, length-prefixed vectors and sections. */

export class Bytes {
  #data = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    if (this.#length === this.#data.length) this.#reserve(1);
    this.#data[this.#length++] = value;
    return this;
  }

  bytes(values: Uint8Array | readonly number[]): this {
    this.#reserve(values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  unsigned(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    return this.byte(rest);
  }

  /** An i32 as a number, an i64 as a bigint. */
  signed(value: number | bigint): this {
    if (typeof value === 'bigint') return this.#signed64(value);
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const last = rest === ((low & 64) === 0 ? 0 : -1);
      this.byte(last ? low : low | 128);
      if (last) return this;
    }
  }

  #signed64(value: bigint): this {
    let rest = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(rest & 127n);
      rest >>= 7n;
      const last = rest === ((low & 64) === 0 ? 0n : -1n);
      this.byte(last ? low : low | 128);
      if (last) return this;
    }
  }

  float32(value: number): this {
    return this.bytes(
      new Uint8Array(
        littleEndian(4, (view) => {
          view.setFloat32(0, value, true);
        }),
      ),
    );
  }

  float64(value: number): this {
    return this.bytes(
      new Uint8Array(
        littleEndian(8, (view) => {
          view.setFloat64(0, value, true);
        }),
      ),
    );
  }

  text(value: string): this {
    const codes = Array.from(value, (character) => character.charCodeAt(0));
    return this.unsigned(codes.length).bytes(codes);
  }

  /** `content` after its length in bytes. */
  sized(content: Bytes): this {
    return this.unsigned(content.length).bytes(content.toArray());
  }

  section(id: number, content: Bytes): this {
    return this.byte(id).sized(content);
  }

  toArray(): Uint8Array<ArrayBuffer> {
    return this.#data.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#data.length, this.#length + count));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
  }
}

function littleEndian(bytes: number, write: (view: DataView) => void): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  write(new DataView(buffer));
  return buffer;
}
