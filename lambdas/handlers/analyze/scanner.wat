;; Counts lines and several literal patterns in one pass over bytes, sixteen positions at a time. In the manner of Teddy,
;; Hyperscan's matcher of few literals: two small tables tell, for the two halves of a byte, which of eight buckets of
;; patterns could have it as their first, second or third byte. What all six tables leave over is compared in full.
;;
;; The memory, laid out by scanner.ts:
;;      0  six tables of 16 bytes, a bit for each bucket: by the low and the high half of the first byte of a pattern,
;;         of the second, of the third; where a pattern has ended already, every half will do
;;     96  16 bytes of scratch
;;    112  nine addresses: where the slots of each bucket begin, and where the last one ends
;;    160  a slot of 16 bytes for each pattern, bucket by bucket: its address, its length, from which address on it may
;;         match again, how often it did
;;  then the patterns, and then the bytes to scan. Behind each of them are at least 18 bytes that may be read.
(module
  (memory (export "memory") 1)

  ;; Whether the bytes at $at are those of the pattern.
  (func $matches (param $at i32) (param $pattern i32) (param $length i32) (result i32)
    (local $block i32)
    (local $last i32)
    ;; Shorter than a block: the first byte that differs has to lie behind the pattern.
    (if (i32.lt_u (local.get $length) (i32.const 16))
      (then
        (return
          (i32.ge_u
            (i32.ctz
              (i32.xor
                (i32.const -1)
                (i8x16.bitmask
                  (i8x16.eq
                    (v128.load align=1 (local.get $at))
                    (v128.load align=1 (local.get $pattern))))))
            (local.get $length)))))
    ;; Else block after block, the last of which overlaps the one before it.
    (local.set $last (i32.sub (local.get $length) (i32.const 16)))
    (loop $blocks
      (if
        (i8x16.all_true
          (i8x16.eq
            (v128.load align=1 (i32.add (local.get $at) (local.get $block)))
            (v128.load align=1 (i32.add (local.get $pattern) (local.get $block)))))
        (then
          (if (i32.eq (local.get $block) (local.get $last)) (then (return (i32.const 1))))
          (local.set $block (i32.add (local.get $block) (i32.const 16)))
          (if (i32.gt_u (local.get $block) (local.get $last)) (then (local.set $block (local.get $last))))
          (br $blocks))))
    (i32.const 0))

  ;; Counts the patterns of some buckets that match at $at, end before $limit, and do not overlap their last match.
  (func $count (param $at i32) (param $buckets i32) (param $limit i32)
    (local $bounds i32)
    (local $slot i32)
    (local $end i32)
    (local $after i32)
    (loop $bucket
      (local.set $bounds (i32.shl (i32.ctz (local.get $buckets)) (i32.const 2)))
      (local.set $slot (i32.load offset=112 (local.get $bounds)))
      (local.set $end (i32.load offset=116 (local.get $bounds)))
      (loop $pattern
        (if (i32.lt_u (local.get $slot) (local.get $end))
          (then
            (local.set $after (i32.add (local.get $at) (i32.load offset=4 (local.get $slot))))
            (if (i32.and
                  (i32.le_u (i32.load offset=8 (local.get $slot)) (local.get $at))
                  (i32.le_u (local.get $after) (local.get $limit)))
              (then
                (if (call $matches
                      (local.get $at)
                      (i32.load (local.get $slot))
                      (i32.load offset=4 (local.get $slot)))
                  (then
                    (i32.store offset=8 (local.get $slot) (local.get $after))
                    (i32.store offset=12
                      (local.get $slot)
                      (i32.add (i32.load offset=12 (local.get $slot)) (i32.const 1)))))))
            (local.set $slot (i32.add (local.get $slot) (i32.const 16)))
            (br $pattern))))
      ;; On to the next bucket: the lowest bit goes.
      (local.set $buckets (i32.and (local.get $buckets) (i32.sub (local.get $buckets) (i32.const 1))))
      (br_if $bucket (local.get $buckets))))

  ;; Scans for matches that begin from $from on and before $to, and end before $limit.
  ;; Returns the number of line feeds from $from on and before $to.
  (func (export "scan") (param $from i32) (param $to i32) (param $limit i32) (result i32)
    (local $low1 v128) (local $low2 v128) (local $low3 v128)
    (local $high1 v128) (local $high2 v128) (local $high3 v128)
    (local $bytes v128)
    (local $buckets v128)
    (local $inside i32)
    (local $positions i32)
    (local $lines i32)
    (local.set $low1 (v128.load (i32.const 0)))
    (local.set $high1 (v128.load (i32.const 16)))
    (local.set $low2 (v128.load (i32.const 32)))
    (local.set $high2 (v128.load (i32.const 48)))
    (local.set $low3 (v128.load (i32.const 64)))
    (local.set $high3 (v128.load (i32.const 80)))
    (block $done
      (loop $block
        (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
        ;; A bit for each position of the block that lies before $to.
        (local.set $inside (i32.const 0xffff))
        (if (i32.lt_u (i32.sub (local.get $to) (local.get $from)) (i32.const 16))
          (then
            (local.set $inside
              (i32.sub
                (i32.shl (i32.const 1) (i32.sub (local.get $to) (local.get $from)))
                (i32.const 1)))))

        (local.set $bytes (v128.load align=1 (local.get $from)))
        (local.set $lines
          (i32.add
            (local.get $lines)
            (i32.popcnt
              (i32.and
                (local.get $inside)
                (i8x16.bitmask
                  (i8x16.eq
                    (local.get $bytes)
                    (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10)))))))

        ;; The buckets that could begin at each position.
        (local.set $buckets
          (v128.and
            (i8x16.swizzle
              (local.get $low1)
              (v128.and
                (local.get $bytes)
                (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
            (i8x16.swizzle (local.get $high1) (i8x16.shr_u (local.get $bytes) (i32.const 4)))))
        (local.set $bytes (v128.load offset=1 align=1 (local.get $from)))
        (local.set $buckets
          (v128.and
            (local.get $buckets)
            (v128.and
              (i8x16.swizzle
                (local.get $low2)
                (v128.and
                  (local.get $bytes)
                  (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
              (i8x16.swizzle (local.get $high2) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))
        (local.set $bytes (v128.load offset=2 align=1 (local.get $from)))
        (local.set $buckets
          (v128.and
            (local.get $buckets)
            (v128.and
              (i8x16.swizzle
                (local.get $low3)
                (v128.and
                  (local.get $bytes)
                  (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
              (i8x16.swizzle (local.get $high3) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))

        (if (v128.any_true (local.get $buckets))
          (then
            (v128.store (i32.const 96) (local.get $buckets))
            (local.set $positions
              (i32.and
                (local.get $inside)
                (i32.xor
                  (i32.const 0xffff)
                  (i8x16.bitmask (i8x16.eq (local.get $buckets) (v128.const i64x2 0 0))))))
            (loop $position
              (if (local.get $positions)
                (then
                  (call $count
                    (i32.add (local.get $from) (i32.ctz (local.get $positions)))
                    (i32.load8_u offset=96 (i32.ctz (local.get $positions)))
                    (local.get $limit))
                  (local.set $positions
                    (i32.and (local.get $positions) (i32.sub (local.get $positions) (i32.const 1))))
                  (br $position))))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $block)))
    (local.get $lines)))
