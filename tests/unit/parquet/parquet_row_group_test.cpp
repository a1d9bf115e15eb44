// What a row group's chunks look like: dictionaries kept and left, ranges, pages, limits. That readers get the values back is
// shown by parquet_copy_test, with DuckDB's reader, and by the interop tests.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <random>

#include "parquet/row_group.h"

namespace tarn::parquet {
namespace {

Column Of(TypeKind kind) {
    Column column;
    column.name = "c";
    column.kind = kind;
    return column;
}

StringSlot Slot(std::string_view text) {
    StringSlot slot{};
    slot.length = static_cast<uint32_t>(text.size());
    if (text.size() <= StringSlot::kInlineLength) {
        std::memcpy(reinterpret_cast<char *>(&slot) + offsetof(StringSlot, prefix), text.data(), text.size());
    } else {
        std::memcpy(slot.prefix, text.data(), sizeof(slot.prefix));
        slot.data = text.data();
    }
    return slot;
}

// What a page's header says.
struct Page {
    int64_t type = 0, size = 0, compressed = 0, values = 0, encoding = 0;
};

// Walks headers from one to the next, as Thrift's compact protocol has them: structs of 32-bit numbers, no field 15 beyond the last.
class PageReader {
public:
    explicit PageReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    std::vector<Page> All() {
        std::vector<Page> pages;
        while (at_ < bytes_.size()) {
            Page page;
            Struct(page, true);
            at_ += static_cast<size_t>(page.compressed);
            pages.push_back(page);
        }
        EXPECT_EQ(at_, bytes_.size());
        return pages;
    }

private:
    void Struct(Page &page, bool outer) {
        for (int field = 0; uint8_t head = bytes_[at_++];) {
            field += head >> 4;
            if ((head & 15) == 12) Struct(page, false);
            else Field(page, outer ? field : 10 + field, Zigzag());
        }
    }
    static void Field(Page &page, int field, int64_t value) {
        switch (field) {
            case 1: page.type = value; break;
            case 2: page.size = value; break;
            case 3: page.compressed = value; break;
            case 11: page.values = value; break;
            case 12: page.encoding = value; break;
            default: break;
        }
    }
    int64_t Zigzag() {
        uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            uint8_t byte = bytes_[at_++];
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
        }
    }

    std::span<const uint8_t> bytes_;
    size_t at_ = 0;
};

// A chunk's pages, which have to be what the chunk says of them, and none of them too large.
std::vector<Page> PagesOf(const Chunk &chunk, int64_t largest, int64_t most_values) {
    std::vector<Page> pages = PageReader(chunk.pages).All();
    int64_t values = 0, dictionary = 0;
    for (const Page &page : pages) {
        EXPECT_EQ(page.type, 0);
        EXPECT_LE(page.size, largest);
        EXPECT_LE(page.values, most_values);
        values += page.values;
        dictionary += page.encoding == 8;
    }
    EXPECT_EQ(values, chunk.values);
    EXPECT_EQ(dictionary, chunk.dictionary_pages);
    EXPECT_EQ(static_cast<int64_t>(pages.size()), dictionary + chunk.plain_pages);
    return pages;
}

// One column of values in batches of 2048, as DuckDB gives them.
template <class T>
class OneColumn {
public:
    OneColumn(TypeKind kind, const std::vector<T> &values) : writer_(std::make_shared<Schema>(std::vector{Of(kind)}), codec_) {
        for (size_t at = 0; at < values.size(); at += 2048) {
            Array array;
            array.values = values.data() + at;
            auto added = writer_.Append({&array, 1}, std::min<size_t>(2048, values.size() - at));
            EXPECT_TRUE(added);
        }
        chunk = writer_.Finish().at(0);
    }

    Chunk chunk;

private:
    Codec codec_;
    RowGroupWriter writer_;
};

TEST(RowGroup, FewValuesMakeADictionaryAndKeysDoNot) {
    std::mt19937 random(1);
    std::vector<int64_t> few, keys, doubled;
    for (int64_t i = 0; i < 100000; i++) {
        few.push_back(static_cast<int64_t>(random() % 20000));
        keys.push_back(i * 1000003);
        doubled.push_back(i / 2 * 1000003);
    }
    Chunk chunk = OneColumn(TypeKind::kLong, few).chunk;
    EXPECT_EQ(chunk.dictionary_pages, 1);
    EXPECT_EQ(chunk.plain_pages, 0);
    EXPECT_LT(chunk.bytes(), 20000 * 8 + 100000 * 15 / 8 + 1000);
    for (auto *values : {&keys, &doubled}) {
        chunk = OneColumn(TypeKind::kLong, *values).chunk;
        EXPECT_TRUE(chunk.dictionary.empty());
        EXPECT_EQ(chunk.dictionary_pages, 0);
        EXPECT_LT(chunk.bytes(), values->size() * 8 + 1000);
    }
}

TEST(RowGroup, ADictionaryThatSavesNothingIsNotWritten) {
    Chunk chunk = OneColumn(TypeKind::kLong, std::vector<int64_t>{1, 2, 3}).chunk;
    EXPECT_TRUE(chunk.dictionary.empty());
    EXPECT_EQ(chunk.plain_pages, 1);
}

TEST(RowGroup, RangesOfNumbers) {
    Range range = OneColumn(TypeKind::kLong, std::vector<int64_t>{5, std::numeric_limits<int64_t>::min(), 7}).chunk.range;
    ASSERT_TRUE(range.set);
    EXPECT_EQ(std::get<int64_t>(range.min), std::numeric_limits<int64_t>::min());
    EXPECT_EQ(std::get<int64_t>(range.max), 7);

    range = OneColumn(TypeKind::kDouble, std::vector<double>{NAN, 2.5, -INFINITY}).chunk.range;
    EXPECT_TRUE(range.has_nan);
    EXPECT_EQ(std::get<double>(range.min), -INFINITY);
    EXPECT_EQ(std::get<double>(range.max), 2.5);
    range = OneColumn(TypeKind::kDouble, std::vector<double>{NAN}).chunk.range;
    EXPECT_FALSE(range.set);
    EXPECT_TRUE(range.has_nan);

    range = OneColumn(TypeKind::kBoolean, std::vector<uint8_t>{1, 1}).chunk.range;
    EXPECT_EQ(std::get<int64_t>(range.min), 1);
    EXPECT_EQ(std::get<int64_t>(range.max), 1);
}

TEST(RowGroup, RangesOfTexts) {
    // Bytes without sign; what differs is behind the eight bytes that are compared first, or a zero.
    std::vector<std::string> texts = {"abcdefgh-b", "abcdefgh-a", "abcdefgh", "\xc3\xa9", std::string("abcdefgh\0", 9), "abcdefgh-a and more"};
    for (size_t turn = 0; turn < texts.size(); turn++) {
        std::vector<StringSlot> slots;
        for (size_t i = 0; i < texts.size(); i++) slots.push_back(Slot(texts[(i + turn) % texts.size()]));
        Range range = OneColumn(TypeKind::kString, slots).chunk.range;
        EXPECT_EQ(std::get<std::string>(range.min), "abcdefgh");
        EXPECT_EQ(std::get<std::string>(range.max), "\xc3\xa9");
    }
    Range range = OneColumn(TypeKind::kString, std::vector<StringSlot>{Slot(""), Slot("a")}).chunk.range;
    EXPECT_EQ(std::get<std::string>(range.min), "");
}

TEST(RowGroup, LongTextsAreManyPages) {
    std::string text(300'000, 'x');
    std::vector<StringSlot> slots;
    std::vector<std::string> texts;
    for (int i = 0; i < 100; i++) texts.push_back(text + std::to_string(i));
    for (auto &one : texts) slots.push_back(Slot(one));
    Chunk chunk = OneColumn(TypeKind::kString, slots).chunk;
    EXPECT_GE(chunk.plain_pages, 20);
    EXPECT_EQ(chunk.values, 100);
    EXPECT_GT(chunk.uncompressed, 30'000'000);
}

// A text in the dictionary costs two bytes a value, and as many as it has when the dictionary is left.
TEST(RowGroup, LeavingADictionaryMakesNoLargePage) {
    std::string often(100'000, 'x'), last(1'000'000, 'y');
    std::vector<StringSlot> slots(1000, Slot(often));
    slots.push_back(Slot(last));
    OneColumn column(TypeKind::kString, slots);
    auto pages = PagesOf(column.chunk, 6 << 20, 1000);
    EXPECT_GE(column.chunk.dictionary_pages, 10);
    EXPECT_GE(column.chunk.plain_pages, 1);
    EXPECT_LT(column.chunk.bytes(), 8u << 20);
}

TEST(RowGroup, ShortTextsOfADictionaryAreOnePage) {
    std::vector<std::string> texts;
    for (int i = 0; i < 1000; i++) texts.push_back("a user's name, number " + std::to_string(i));
    std::vector<StringSlot> slots;
    for (size_t i = 0; i < static_cast<size_t>(kRowGroupRows); i++) slots.push_back(Slot(texts[i * 7919 % texts.size()]));
    OneColumn column(TypeKind::kString, slots);
    EXPECT_EQ(column.chunk.plain_pages, 0);
    EXPECT_LE(PagesOf(column.chunk, 1 << 18, 1 << 17).size(), 2u);
}

// Looks at the number of entries go on where a page ends: the second of 4 MB is not where keys are looked at for the first time.
TEST(RowGroup, LongKeysLeaveTheDictionaryAfterAPageOfIt) {
    std::vector<std::string> texts;
    for (int i = 0; i < 30000; i++) texts.push_back(std::to_string(i) + std::string(i < 1800 ? 2 : 20, 'k'));
    std::string often(4000, 'o');
    std::vector<StringSlot> slots;
    for (size_t i = 0; i < texts.size(); i++) {
        slots.push_back(Slot(i < 1800 ? often : texts[i]));
        if (i >= 1800) slots.push_back(slots.back());
    }
    OneColumn column(TypeKind::kString, slots);
    PagesOf(column.chunk, 5 << 20, 1 << 17);
    EXPECT_GE(column.chunk.dictionary_pages, 1);
    EXPECT_GE(column.chunk.plain_pages, 1);
    // After 4096 values at the latest: 1148 keys are in it then.
    EXPECT_LT(column.chunk.dictionary.size(), 200'000u);
}

TEST(RowGroup, ARowOfMoreThanAGibibyteIsRefused) {
    // One list of the same text a thousand times: nothing of that size is held for the test.
    Column list = Of(TypeKind::kArray);
    list.children.push_back(Of(TypeKind::kString));
    Codec codec;
    RowGroupWriter writer(std::make_shared<Schema>(std::vector{list}), codec);
    std::string text(2'000'000, 'x');
    std::vector<StringSlot> slots(1000, Slot(text));
    ListSlot one{0, slots.size()};
    Array array{.values = &one};
    array.children.push_back({.values = slots.data()});
    auto added = writer.Append({&array, 1}, 1);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().condition, "PARQUET_VALUE_TOO_LARGE");
}

// One batch of long lists of NULLs, of booleans and of numbers, and lists in lists.
TEST(RowGroup, LongListsAreManyPages) {
    constexpr size_t kRows = 2048, kLength = 2000;
    std::vector<ListSlot> lists(kRows, ListSlot{0, kLength});
    std::vector<ListSlot> parts(kLength / 100, ListSlot{0, 100}), outer(kRows, ListSlot{0, kLength / 100});
    std::vector<int64_t> numbers(kLength, 7);
    std::vector<uint8_t> truths(kLength, 1);
    std::vector<uint64_t> invalid(kLength / 64 + 1, 0);
    auto write = [&](TypeKind kind, const Array &element, bool nested) {
        SCOPED_TRACE(std::to_string(static_cast<int>(kind)) + (nested ? " nested" : ""));
        Column column = Of(TypeKind::kArray);
        column.children = {Of(kind)};
        Array array{.values = lists.data(), .children = {element}};
        if (nested) {
            Column inner = column;
            column.children = {inner};
            array = {.values = outer.data(), .children = {{.values = parts.data(), .children = {element}}}};
        }
        Codec codec;
        RowGroupWriter writer(std::make_shared<Schema>(std::vector{column}), codec);
        ASSERT_TRUE(writer.Append({&array, 1}, kRows));
        Chunk chunk = writer.Finish().at(0);
        EXPECT_EQ(chunk.values, static_cast<int64_t>(kRows * kLength));
        PagesOf(chunk, 5 << 20, (1 << 18) + kLength);
        EXPECT_LT(writer.bytes(), 2u << 20);
    };
    for (bool nested : {false, true}) {
        write(TypeKind::kLong, {.values = numbers.data()}, nested);
        write(TypeKind::kLong, {.values = numbers.data(), .validity = invalid.data()}, nested);
        write(TypeKind::kBoolean, {.values = truths.data()}, nested);
        write(TypeKind::kBoolean, {.values = truths.data(), .validity = invalid.data()}, nested);
    }
}

// A batch is cut between rows: each leaf of a column, and the next column, has all of them.
TEST(RowGroup, WhatIsCutHasAllLeaves) {
    Column list = Of(TypeKind::kArray), pair = Of(TypeKind::kStruct);
    pair.children = {Of(TypeKind::kInt), Of(TypeKind::kArray)};
    pair.children[1].children = {Of(TypeKind::kLong)};
    list.children = {pair};
    Codec codec;
    RowGroupWriter writer(std::make_shared<Schema>(std::vector{list, list, Of(TypeKind::kLong)}), codec);
    std::vector<ListSlot> lists(2048, ListSlot{0, 100}), inner(100, ListSlot{0, 3});
    std::vector<int32_t> ints(100, 1);
    std::vector<int64_t> longs(2048, 2);
    Array array{.values = lists.data(), .children = {{.children = {{.values = ints.data()}, {.values = inner.data(), .children = {{.values = longs.data()}}}}}}};
    std::vector<Array> columns = {array, array, {.values = longs.data()}};
    ASSERT_TRUE(writer.Append(columns, 0));
    ASSERT_TRUE(writer.Append(columns, 2048));
    auto chunks = writer.Finish();
    std::vector<int64_t> counts;
    for (auto &chunk : chunks) counts.push_back(chunk.values);
    EXPECT_EQ(counts, (std::vector<int64_t>{204800, 614400, 204800, 614400, 2048}));
    for (auto &chunk : chunks) PagesOf(chunk, 1 << 20, (1 << 18) + 300);
    EXPECT_GE(chunks[1].dictionary_pages, 3);
    EXPECT_EQ(chunks[1].plain_pages, 0);
}

TEST(RowGroup, AnEmptyOneHoldsNothing) {
    std::vector<Column> columns(1000, Of(TypeKind::kString));
    columns.resize(2000, Of(TypeKind::kBoolean));
    Codec codec;
    RowGroupWriter writer(std::make_shared<Schema>(columns), codec);
    EXPECT_EQ(writer.bytes(), 0u);
}

// What a dictionary holds counts while it is to be written, and no longer.
TEST(RowGroup, DictionariesCount) {
    Codec codec;
    RowGroupWriter writer(std::make_shared<Schema>(std::vector{Of(TypeKind::kString)}), codec);
    std::vector<std::string> texts;
    for (int i = 0; i < 50; i++) texts.push_back(std::string(10'000, 'x') + std::to_string(i));
    std::vector<StringSlot> slots;
    for (int i = 0; i < 200; i++) slots.push_back(Slot(texts[static_cast<size_t>(i) % texts.size()]));
    Array array{.values = slots.data()};
    ASSERT_TRUE(writer.Append({&array, 1}, slots.size()));
    EXPECT_GT(writer.bytes(), 500'000u);
    EXPECT_LT(writer.bytes(), 510'000u);
}

TEST(RowGroup, NullMapKeysAreRefused) {
    Column map = Of(TypeKind::kMap);
    map.children = {Of(TypeKind::kInt), Of(TypeKind::kInt)};
    map.children[0].required = true;
    Codec codec;
    RowGroupWriter writer(std::make_shared<Schema>(std::vector{map}), codec);
    int32_t numbers[2] = {1, 2};
    uint64_t valid = 0b01;
    ListSlot both{0, 2};
    Array array{.values = &both};
    array.children.push_back({.values = numbers, .validity = &valid});
    array.children.push_back({.values = numbers});
    auto added = writer.Append({&array, 1}, 1);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().condition, "NULL_MAP_KEY");
}

TEST(RowGroup, TheNextOneBeginsAnew) {
    Codec codec;
    RowGroupWriter writer(std::make_shared<Schema>(std::vector{Of(TypeKind::kInt)}), codec);
    for (int32_t value : {1, 100}) {
        Array array{.values = &value};
        ASSERT_TRUE(writer.Append({&array, 1}, 1));
        Chunk chunk = writer.Finish().at(0);
        EXPECT_EQ(chunk.values, 1);
        EXPECT_EQ(std::get<int64_t>(chunk.range.min), value);
        EXPECT_EQ(std::get<int64_t>(chunk.range.max), value);
        writer.Reset();
        EXPECT_EQ(writer.rows(), 0);
    }
}

}  // namespace
}  // namespace tarn::parquet
