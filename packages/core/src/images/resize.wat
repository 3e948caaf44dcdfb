;; The sums of resize.ts, on vectors. `node scripts/assemble.mjs` writes resize.wasm.ts from it.
;;
;; A table says for each output where its inputs are and what they weigh: the bytes from the first input of all to its own first, the
;; bytes from this entry to the next, then the weights of two inputs at a time. These are fixed point numbers of 22 bits behind the point,
;; up to 1, too long to be multiplied as 16 bits, which is what vectors do fastest: so there are the two weights without their lowest
;; 11 bits, and then the lowest 11 bits of both. The sum of the products with the one, shifted by 11 bits, and of those with the other
;; is what it would be of the whole weights, to the last bit. Where the inputs are odd in number, the last has a neighbour of weight 0.
;;
;; Up to 8 bytes are read behind the last input, and up to 7 are written behind the last output of `columns`.
(module
  (memory (export "memory") 1)

  ;; Resizes rows of pixels of three bytes each, two rows at a time, so that each weight is read for both; the last of an odd number
  ;; goes with itself.
  (func (export "rows")
    (param $from i32) (param $to i32)
    (param $rows i32)                           ;; At least 1.
    (param $rowLength i32)                      ;; Bytes in a row of inputs.
    (param $table i32) (param $outputs i32)     ;; Pixels in a row of outputs.
    (local $below i32) (local $resultLength i32) (local $resultBelow i32)
    (local $left i32) (local $entry i32) (local $end i32) (local $at i32) (local $put i32)
    (local $high v128) (local $low v128) (local $highBelow v128) (local $lowBelow v128)
    (local $weights v128) (local $lowWeights v128) (local $pixels v128) (local $order v128)
    ;; Of two pixels the reds, the greens and the blues beside each other, each as 16 bits; -1 gives a zero.
    (local.set $order (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1))
    (local.set $resultLength (i32.mul (local.get $outputs) (i32.const 3)))
    (local.set $below (local.get $rowLength))
    (local.set $resultBelow (local.get $resultLength))
    (loop $pairOfRows
      (if (i32.eq (local.get $rows) (i32.const 1))
        (then
          (local.set $below (i32.const 0))
          (local.set $resultBelow (i32.const 0))))
      (local.set $entry (local.get $table))
      (local.set $put (local.get $to))
      (local.set $left (local.get $outputs))
      (loop $output
        (local.set $at (i32.add (local.get $from) (i32.load (local.get $entry))))
        (local.set $end (i32.add (local.get $entry) (i32.load offset=4 (local.get $entry))))
        (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $highBelow (v128.const i32x4 0 0 0 0))
        ;; A half, for rounding.
        (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $lowBelow (local.get $low))
        (loop $taps
          (local.set $weights (v128.load32_splat (local.get $entry)))
          (local.set $lowWeights (v128.load32_splat offset=4 (local.get $entry)))
          (local.set $pixels (i8x16.swizzle (v128.load64_zero (local.get $at)) (local.get $order)))
          (local.set $high
            (i32x4.add (local.get $high) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weights))))
          (local.set $low
            (i32x4.add (local.get $low) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $lowWeights))))
          (local.set $pixels
            (i8x16.swizzle (v128.load64_zero (i32.add (local.get $at) (local.get $below))) (local.get $order)))
          (local.set $highBelow
            (i32x4.add (local.get $highBelow) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $weights))))
          (local.set $lowBelow
            (i32x4.add (local.get $lowBelow) (i32x4.dot_i16x8_s (local.get $pixels) (local.get $lowWeights))))
          (local.set $at (i32.add (local.get $at) (i32.const 6)))
          (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
          (br_if $taps (i32.lt_u (local.get $entry) (local.get $end))))
        ;; Bytes 0 to 2 are the pixel, 4 to 6 the one below.
        (local.set $pixels (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low))
            (i32.const 22))
          (i32x4.shr_s
            (i32x4.add (i32x4.shl (local.get $highBelow) (i32.const 11)) (local.get $lowBelow))
            (i32.const 22))))
        (local.set $pixels (i8x16.narrow_i16x8_u (local.get $pixels) (local.get $pixels)))
        (v128.store16_lane 0 (local.get $put) (local.get $pixels))
        (v128.store8_lane offset=2 2 (local.get $put) (local.get $pixels))
        (v128.store16_lane 2 (i32.add (local.get $put) (local.get $resultBelow)) (local.get $pixels))
        (v128.store8_lane offset=2 6 (i32.add (local.get $put) (local.get $resultBelow)) (local.get $pixels))
        (local.set $put (i32.add (local.get $put) (i32.const 3)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $output (local.get $left)))
      (local.set $from (i32.add (local.get $from) (i32.shl (local.get $rowLength) (i32.const 1))))
      (local.set $to (i32.add (local.get $to) (i32.shl (local.get $resultLength) (i32.const 1))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 2)))
      (br_if $pairOfRows (i32.gt_s (local.get $rows) (i32.const 0)))))

  ;; Resizes columns of bytes, eight beside each other at a time: a row of outputs is a weighted sum of rows.
  (func (export "columns")
    (param $from i32) (param $to i32)
    (param $rowLength i32)                      ;; Bytes in a row.
    (param $table i32) (param $outputs i32)     ;; Rows of outputs.
    (local $x i32) (local $first i32) (local $entry i32) (local $end i32) (local $at i32) (local $below i32)
    (local $high v128) (local $low v128) (local $highRight v128) (local $lowRight v128)
    (local $weights v128) (local $lowWeights v128) (local $bytes v128) (local $right v128)
    (loop $output
      (local.set $first (i32.add (local.get $from) (i32.load (local.get $table))))
      (local.set $end (i32.add (local.get $table) (i32.load offset=4 (local.get $table))))
      (local.set $x (i32.const 0))
      (loop $chunk
        (local.set $at (i32.add (local.get $first) (local.get $x)))
        (local.set $entry (i32.add (local.get $table) (i32.const 8)))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $highRight (v128.const i32x4 0 0 0 0))
        (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $lowRight (local.get $low))
        (loop $taps
          (local.set $weights (v128.load32_splat (local.get $entry)))
          (local.set $lowWeights (v128.load32_splat offset=4 (local.get $entry)))
          (local.set $below (i32.add (local.get $at) (local.get $rowLength)))
          ;; Each byte beside the one below it.
          (local.set $bytes (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
            (v128.load64_zero (local.get $at))
            (v128.load64_zero (local.get $below))))
          (local.set $right (i16x8.extend_high_i8x16_u (local.get $bytes)))
          (local.set $bytes (i16x8.extend_low_i8x16_u (local.get $bytes)))
          (local.set $high
            (i32x4.add (local.get $high) (i32x4.dot_i16x8_s (local.get $bytes) (local.get $weights))))
          (local.set $low
            (i32x4.add (local.get $low) (i32x4.dot_i16x8_s (local.get $bytes) (local.get $lowWeights))))
          (local.set $highRight
            (i32x4.add (local.get $highRight) (i32x4.dot_i16x8_s (local.get $right) (local.get $weights))))
          (local.set $lowRight
            (i32x4.add (local.get $lowRight) (i32x4.dot_i16x8_s (local.get $right) (local.get $lowWeights))))
          (local.set $at (i32.add (local.get $below) (local.get $rowLength)))
          (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
          (br_if $taps (i32.lt_u (local.get $entry) (local.get $end))))
        (local.set $bytes (i16x8.narrow_i32x4_s
          (i32x4.shr_s
            (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low))
            (i32.const 22))
          (i32x4.shr_s
            (i32x4.add (i32x4.shl (local.get $highRight) (i32.const 11)) (local.get $lowRight))
            (i32.const 22))))
        (v128.store64_lane 0
          (i32.add (local.get $to) (local.get $x))
          (i8x16.narrow_i16x8_u (local.get $bytes) (local.get $bytes)))
        (local.set $x (i32.add (local.get $x) (i32.const 8)))
        (br_if $chunk (i32.lt_u (local.get $x) (local.get $rowLength))))
      (local.set $to (i32.add (local.get $to) (local.get $rowLength)))
      (local.set $table (local.get $end))
      (local.set $outputs (i32.sub (local.get $outputs) (i32.const 1)))
      (br_if $output (local.get $outputs)))))
