// parquet/internal/values.h: the values of one leaf, as a page holds them: plain, or as positions in a dictionary.
//
// A leaf begins each row group with a dictionary and leaves it for good when it is full, or as soon as it looks as if it would be.
// Each of the classes keeps the range of its values on the way.
// Specification: parquet-format's Encodings.md, PLAIN and RLE_DICTIONARY.
#pragma once

#include <bit>
#include <cstddef>
#include <limits>

#include "parquet/internal/buffer.h"
#include "parquet/internal/format.h"
#include "parquet/internal/levels.h"
#include "parquet/internal/numbering.h"
#include "parquet/row_group.h"

namespace tarn::parquet {

// What FixedValues and TextValues share. Derived has Slot; PlainBytes(from, count); HashOf(slot); Position(slot, hash) in its
// dictionary, or Numbering::kFull; AppendPlain(from, count), which keeps the range; AppendEntry(number), a dictionary's entry as a plain value;
// Dictionary(), its page, of DictionaryBytes(); DictionaryEntries(); ClearValues().
template <class Derived>
class DictionaryValues {
public:
    Buffer &plain() { return plain_; }
    void ClearPlain(size_t headroom) { plain_.ClearTo(headroom); }
    size_t Pending() const { return plain_.size() + positions_.size() * sizeof(uint16_t); }
    bool InDictionary() const { return !positions_.empty(); }
    // What leaving the dictionary would make of the page.
    size_t Expanded() const { return expanded_; }

    // `bytes` is PlainBytes of them, `hashes` is memory to use.
    template <class Slot>
    void Append(const Slot *from, size_t count, size_t bytes, Buffer &hashes) {
        size_t done = 0;
        if (in_dictionary_) {
            expanded_ += bytes;
            done = AppendPositions(from, count, hashes);
        }
        if (done < count) derived().AppendPlain(from + done, count - done);
    }

    void TakePositions(Buffer &out) {
        int bits = BitsFor(numbering_.entries() == 0 ? 0 : numbering_.entries() - 1);
        out.Put<uint8_t>(static_cast<uint8_t>(bits));
        AppendHybrid(out, positions_.data(), positions_.size(), bits);
        taken_ += positions_.size();
        ClearPositions();
    }

    void LeaveDictionaryIfLarger() {
        if (!in_dictionary_) return;
        size_t packed = positions_.size() * static_cast<size_t>(BitsFor(numbering_.entries())) / 8;
        if (derived().DictionaryBytes() + packed >= expanded_) LeaveDictionary();
    }

    void Restart() {
        in_dictionary_ = true;
        look_at_ = kFirstLook;
        entries_before_ = taken_ = 0;
        ClearPositions();
        numbering_.Clear();
        derived().ClearValues();
    }

protected:
    Numbering numbering_;
    Buffer plain_;

private:
    Derived &derived() { return static_cast<Derived &>(*this); }

    // How many of them are in the page now: fewer than `count` if the dictionary was left.
    template <class Slot>
    size_t AppendPositions(const Slot *from, size_t count, Buffer &memory) {
        size_t before = positions_.size();
        positions_.resize(before + count);
        uint16_t *to = positions_.data() + before;
        memory.Clear();
        auto hashes = reinterpret_cast<uint64_t *>(memory.Room(count * sizeof(uint64_t)));
        for (size_t i = 0; i < count; i++) {
            hashes[i] = Derived::HashOf(from[i]);
            numbering_.Prefetch(hashes[i]);
        }
        for (size_t i = 0; i < count; i++) {
            uint32_t position = derived().Position(from[i], hashes[i]);
            if (position == Numbering::kFull) {
                positions_.resize(before + i);
                LeaveDictionary();
                return i;
            }
            to[i] = static_cast<uint16_t>(position);
        }
        if (taken_ + positions_.size() >= look_at_ && LooksEndless()) LeaveDictionary();
        return count;
    }

    // Looked at after 2048 values, 4096, 8192, …: whether as many new ones came in the second half as in the first (so these are
    // keys, however often each is repeated, and no choice from a set) and more would come than there is place for.
    bool LooksEndless() {
        size_t entries = numbering_.entries(), values = taken_ + positions_.size();
        bool endless = look_at_ == kFirstLook ? entries * 100 > values * 97  // 2048 draws of 32768 hit 1987.
                                              : (entries - entries_before_) * 20 > entries_before_ * 19 && entries * (static_cast<size_t>(kRowGroupRows) / values) > Numbering::kLimit;
        entries_before_ = entries;
        look_at_ = values * 2;
        return endless;
    }

    void LeaveDictionary() {
        in_dictionary_ = false;
        if (positions_.size() >= kFirstLook) plain_.Room(kPageRoom);
        for (uint16_t position : positions_) derived().AppendEntry(position);
        ClearPositions();
    }

    void ClearPositions() {
        positions_.clear();
        expanded_ = 0;
    }

    static constexpr size_t kFirstLook = 2048;
    static constexpr size_t kPageRoom = kPageBytes + kPageBytes / 4;  // A page and the batch that fills it, mostly.

    std::vector<uint16_t> positions_;  // Of the page that is being filled.
    size_t expanded_ = 0;              // Bytes that they would be as plain values.
    size_t taken_ = 0;                 // Positions of the row group's pages before.
    bool in_dictionary_ = true;
    size_t look_at_ = kFirstLook;
    size_t entries_before_ = 0;        // At the look before.
};

// A decimal of more than 64 bits as engines have it: at any multiple of 8, where the compiler would take an Int128 to be at 16.
struct WideSlot {
    uint64_t low = 0, high = 0;

    WideSlot() = default;
    constexpr WideSlot(Int128 value) : low(static_cast<uint64_t>(value)), high(static_cast<uint64_t>(value >> 64)) {}
    constexpr operator Int128() const { return static_cast<Int128>(static_cast<unsigned __int128>(high) << 64 | low); }
};

// How it is stored.
struct BigEndian {
    uint64_t high, low;
    BigEndian() = default;
    explicit BigEndian(Int128 value)
        : high(__builtin_bswap64(static_cast<uint64_t>(value >> 64))), low(__builtin_bswap64(static_cast<uint64_t>(value))) {}
};

// Strict C++ has no numeric_limits for 128 bits.
template <class T>
inline constexpr T kMostOf = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
template <>
inline constexpr WideSlot kMostOf<WideSlot> = static_cast<Int128>(~(static_cast<unsigned __int128>(1) << 127));

// Whole numbers, floating ones and decimals.
template <class SlotType, class Stored>
class FixedValues : public DictionaryValues<FixedValues<SlotType, Stored>> {
public:
    using Slot = SlotType;

    static size_t PlainBytes(const Slot *, size_t count) { return count * sizeof(Stored); }

    static uint64_t HashOf(Slot value) {
        auto bits = Bits(value);
        if constexpr (kWide) return Mix(static_cast<uint64_t>(bits) ^ kOdd1, static_cast<uint64_t>(bits >> 64) ^ kOdd2);
        else return Mix(static_cast<uint64_t>(bits) ^ kOdd2, kOdd1);
    }
    uint32_t Position(Slot value, uint64_t hash) {
        bool added;
        // By their bits: every NaN and both zeros come back as they were.
        auto bits = Bits(value);
        uint32_t position = this->numbering_.Find(hash, added, [&](uint32_t entry) { return Bits(entries_[entry]) == bits; });
        if (added) {
            entries_.push_back(value);
            Widen(&value, 1);
        }
        return position;
    }
    void AppendPlain(const Slot *from, size_t count) {
        Widen(from, count);
        Store(this->plain_, from, count);
    }
    void AppendEntry(uint32_t number) { Store(this->plain_, &entries_[number], 1); }
    uint32_t DictionaryEntries() const { return static_cast<uint32_t>(entries_.size()); }
    size_t DictionaryBytes() const { return entries_.size() * sizeof(Stored); }
    std::span<const uint8_t> Dictionary() {
        stored_.Clear();
        Store(stored_, entries_.data(), entries_.size());
        return {stored_.data(), stored_.size()};
    }
    Range RangeOfValues() const {
        Range range;
        range.has_nan = has_nan_;
        range.set = min_ <= max_;
        if (range.set) {
            range.min = AsScalar(min_);
            range.max = AsScalar(max_);
        }
        return range;
    }
    void ClearValues() {
        entries_.clear();
        has_nan_ = false;
        min_ = kMost;
        max_ = kLeast;
    }

private:
    static constexpr bool kFloating = std::is_floating_point_v<Slot>;
    static constexpr bool kWide = std::is_same_v<Slot, WideSlot>;

    static auto Bits(Slot value) {
        if constexpr (std::is_same_v<Slot, float>) return std::bit_cast<uint32_t>(value);
        else if constexpr (std::is_same_v<Slot, double>) return std::bit_cast<uint64_t>(value);
        else if constexpr (kWide) return Int128(value);
        else return value;
    }
    static Scalar AsScalar(Slot value) {
        if constexpr (kFloating) return static_cast<double>(value);
        else if constexpr (kWide) return Int128(value);
        else return static_cast<int64_t>(value);
    }

    static void Store(Buffer &to, const Slot *from, size_t count) {
        if constexpr (std::is_same_v<Slot, Stored>) {
            to.Append(from, count * sizeof(Slot));
        } else {
            uint8_t *at = to.Room(count * sizeof(Stored));
            for (size_t i = 0; i < count; i++) {
                Stored stored(from[i]);
                std::memcpy(at + i * sizeof(Stored), &stored, sizeof(Stored));
            }
            to.Added(count * sizeof(Stored));
        }
    }

    void Widen(const Slot *from, size_t count) {
        Slot min = min_, max = max_;
        for (size_t i = 0; i < count; i++) {
            if constexpr (kFloating) has_nan_ |= from[i] != from[i];
            min = from[i] < min ? from[i] : min;
            max = from[i] > max ? from[i] : max;
        }
        min_ = min;
        max_ = max;
    }

    static constexpr Slot kMost = kMostOf<Slot>;
    static constexpr Slot kLeast = kFloating ? -kMost : -kMost - 1;

    std::vector<Slot> entries_;
    Buffer stored_;
    Slot min_ = kMost, max_ = kLeast;
    bool has_nan_ = false;
};

// STRING and BINARY.
class TextValues : public DictionaryValues<TextValues> {
public:
    using Slot = StringSlot;

    // An entry that there was no room for has a number, but is none.
    uint32_t DictionaryEntries() const { return static_cast<uint32_t>(entries_.size()); }

    static size_t PlainBytes(const Slot *from, size_t count) {
        size_t bytes = count * sizeof(uint32_t);
        for (size_t i = 0; i < count; i++) bytes += from[i].length;
        return bytes;
    }

    static uint64_t HashOf(const Slot &slot) { return HashOf(slot.view()); }
    uint32_t Position(const Slot &slot, uint64_t hash) {
        std::string_view text = slot.view();
        bool added;
        uint32_t position = numbering_.Find(hash, added, [&](uint32_t number) {
            const Entry &entry = entries_[number];
            return entry.length == text.size() && Equal(Chars(entry.offset), text);
        });
        if (added) {
            // Offsets are 32 bits and a dictionary's page is to stay small.
            if (entries_page_.size() + text.size() > kDictionaryBytes) return Numbering::kFull;
            entries_page_.Put<uint32_t>(slot.length);
            entries_.push_back({static_cast<uint32_t>(entries_page_.size()), slot.length});
            entries_page_.Append(text.data(), text.size());
            Widen(slot);
        }
        return position;
    }
    void AppendPlain(const Slot *from, size_t count) {
        // Behind each text is room for what Copy writes beyond its end.
        uint8_t *at = plain_.Room(PlainBytes(from, count) + kSlack), *begin = at;
        for (size_t i = 0; i < count; i++) {
            Widen(from[i]);
            std::memcpy(at, &from[i].length, sizeof(uint32_t));
            at = Copy(at + sizeof(uint32_t), from[i]);
        }
        plain_.Added(static_cast<size_t>(at - begin));
    }
    void AppendEntry(uint32_t number) {
        const Entry &entry = entries_[number];
        plain_.Append(entries_page_.data() + entry.offset - sizeof(uint32_t), sizeof(uint32_t) + entry.length);
    }
    size_t DictionaryBytes() const { return entries_page_.size(); }
    std::span<const uint8_t> Dictionary() { return {entries_page_.data(), entries_page_.size()}; }
    Range RangeOfValues() const {
        Range range;
        range.set = set_;
        range.min = min_;
        range.max = max_;
        return range;
    }
    void ClearValues() {
        entries_.clear();
        entries_page_.Clear();
        set_ = false;
        min_.clear();
        max_.clear();
    }

private:
    struct Entry {
        uint32_t offset, length;  // In entries_page_.
    };
    static constexpr size_t kDictionaryBytes = size_t{1} << 20;
    static constexpr size_t kSlack = 16;

    const char *Chars(uint32_t offset) const { return reinterpret_cast<const char *>(entries_page_.data()) + offset; }

    // Keys are short: a call for each would take longer than to compare them.
    static bool Equal(const char *entry, std::string_view text) {
        const char *other = text.data();
        size_t left = text.size();
        if (left < 8) return std::memcmp(entry, other, left) == 0;
        for (; left > 8; left -= 8, entry += 8, other += 8) {
            if (Load(entry) != Load(other)) return false;
        }
        return Load(entry + left - 8) == Load(other + left - 8);
    }

    static uint64_t Load(const char *from) {
        uint64_t word;
        std::memcpy(&word, from, sizeof(word));
        return word;
    }

    static uint64_t HashOf(std::string_view text) {
        uint64_t hash = Mix(text.size() ^ kOdd1, kOdd2);
        const char *at = text.data();
        size_t left = text.size();
        for (; left > 16; left -= 16, at += 16) hash = Mix(Load(at) ^ hash, Load(at + 8) ^ kOdd1);
        if (left >= 8) return Mix(Load(at) ^ hash, Load(at + left - 8) ^ kOdd2);
        uint64_t word = 0;
        std::memcpy(&word, at, left);
        return Mix(word ^ hash, kOdd2);
    }

    static uint8_t *Copy(uint8_t *to, const Slot &slot) {
        if (slot.length <= Slot::kInlineLength) {
            std::memcpy(to, reinterpret_cast<const char *>(&slot) + offsetof(Slot, prefix), Slot::kInlineLength);
        } else if (slot.length <= 16) {
            std::memcpy(to, slot.data, 8);
            std::memcpy(to + slot.length - 8, slot.data + slot.length - 8, 8);
        } else if (slot.length <= 32) {
            std::memcpy(to, slot.data, 16);
            std::memcpy(to + slot.length - 16, slot.data + slot.length - 16, 16);
        } else {
            std::memcpy(to, slot.data, slot.length);
        }
        return to + slot.length;
    }

    // The first eight bytes as a number that orders as they do; shorter texts are padded with zeros.
    static uint64_t KeyOf(const Slot &slot) {
        const char *prefix = reinterpret_cast<const char *>(&slot) + offsetof(Slot, prefix);
        return __builtin_bswap64(Load(slot.length <= Slot::kInlineLength ? prefix : slot.data));
    }

    void Widen(const Slot &slot) {
        uint64_t key = KeyOf(slot);
        if (set_ && key > min_key_ && key < max_key_) return;
        std::string_view text = slot.view();
        if (!set_ || text < min_) {
            min_ = text;
            min_key_ = key;
        }
        if (!set_ || text > max_) {
            max_ = text;
            max_key_ = key;
        }
        set_ = true;
    }

    std::vector<Entry> entries_;
    Buffer entries_page_;  // Lengths and texts: the dictionary's page.
    std::string min_, max_;
    uint64_t min_key_ = 0, max_key_ = 0;
    bool set_ = false;
};

// Bits, which no dictionary makes smaller.
class BooleanValues {
public:
    using Slot = uint8_t;

    static size_t PlainBytes(const Slot *, size_t count) { return count / 8; }
    Buffer &plain() { return plain_; }
    void ClearPlain(size_t headroom) {
        plain_.ClearTo(headroom);
        bits_ = 0;
    }
    size_t Pending() const { return plain_.size(); }
    size_t Expanded() const { return 0; }
    bool InDictionary() const { return false; }
    void TakePositions(Buffer &) {}
    void LeaveDictionaryIfLarger() {}
    uint32_t DictionaryEntries() const { return 0; }
    size_t DictionaryBytes() const { return 0; }
    std::span<const uint8_t> Dictionary() { return {}; }

    void Append(const Slot *from, size_t count, size_t, Buffer &) {
        uint8_t *at = plain_.Room(count / 8 + 2) - 1;  // The last byte, which has bits_ bits; never used where that is a whole one.
        for (size_t i = 0; i < count; i++) {
            if (bits_ % 8 == 0) {
                *++at = 0;
                plain_.Added(1);
            }
            bool value = from[i] != 0;
            *at = static_cast<uint8_t>(*at | value << bits_ % 8);
            seen_[value] = true;
            bits_++;
        }
    }
    Range RangeOfValues() const {
        Range range;
        range.set = seen_[0] || seen_[1];
        range.min = int64_t{!seen_[0]};
        range.max = int64_t{seen_[1]};
        return range;
    }
    void Restart() { seen_[0] = seen_[1] = false; }

private:
    Buffer plain_;
    size_t bits_ = 0;  // Of the page.
    bool seen_[2] = {false, false};
};

}  // namespace tarn::parquet
