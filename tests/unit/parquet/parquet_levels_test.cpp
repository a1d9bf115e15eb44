// The hybrid of runs and packed numbers, against a decoder written from the specification.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "parquet/internal/levels.h"

namespace tarn::parquet {
namespace {

// Reads until `count` numbers are there; fails on bytes left over or missing.
std::vector<uint32_t> Decode(const Buffer &buffer, size_t count, int bits) {
    std::vector<uint32_t> numbers;
    size_t at = 0;
    auto varint = [&] {
        uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            uint8_t byte = buffer.data()[at++];
            value |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
    };
    while (at < buffer.size()) {
        uint64_t header = varint();
        if (header & 1) {
            size_t bytes = (header >> 1) * static_cast<size_t>(bits), bit = 0;
            for (uint64_t i = 0; i < (header >> 1) * 8; i++) {
                uint32_t number = 0;
                for (int b = 0; b < bits; b++, bit++) number |= static_cast<uint32_t>(buffer.data()[at + bit / 8] >> (bit % 8) & 1) << b;
                numbers.push_back(number);
            }
            at += bytes;
        } else {
            uint32_t number = 0;
            for (int byte = 0; byte < (bits + 7) / 8; byte++) number |= static_cast<uint32_t>(buffer.data()[at++]) << (8 * byte);
            numbers.insert(numbers.end(), header >> 1, number);
        }
    }
    EXPECT_EQ(at, buffer.size());
    EXPECT_GE(numbers.size(), count);
    EXPECT_LT(numbers.size(), count + 8);  // What fills up the last group.
    for (size_t i = count; i < numbers.size(); i++) EXPECT_EQ(numbers[i], 0u) << "padding";
    numbers.resize(std::min(numbers.size(), count));
    return numbers;
}

TEST(Levels, WhatGoesInComesOut) {
    unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 2000; round++) {
        uint32_t largest = random() % 4 == 0 ? random() % 32768 : random() % 9;
        int bits = BitsFor(largest);
        // Runs of all lengths around the shortest that is one.
        std::vector<uint16_t> numbers;
        for (size_t runs = random() % 40; runs > 0; runs--) {
            auto number = static_cast<uint16_t>(random() % (largest + 1));
            numbers.insert(numbers.end(), random() % 3 == 0 ? random() % 200 : 1 + random() % 9, number);
        }
        Buffer buffer;
        AppendHybrid(buffer, numbers.data(), numbers.size(), bits);
        ASSERT_EQ(Decode(buffer, numbers.size(), bits), std::vector<uint32_t>(numbers.begin(), numbers.end())) << "round " << round;
    }
}

TEST(Levels, OneRunIsFewBytes) {
    Buffer buffer;
    AppendRun(buffer, 1, 1'000'000, 1);
    EXPECT_EQ(buffer.size(), 4u);
    EXPECT_EQ(Decode(buffer, 1'000'000, 1), std::vector<uint32_t>(1'000'000, 1));
    std::vector<uint8_t> same(1'000'000, 1);
    Buffer found;
    AppendHybrid(found, same.data(), same.size(), 1);
    EXPECT_EQ(found.size(), buffer.size());
}

}  // namespace
}  // namespace tarn::parquet
