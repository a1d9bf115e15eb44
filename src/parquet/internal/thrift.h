// parquet/internal/thrift.h: Thrift's compact protocol, as far as Parquet's headers and footers need it. Writing only.
//
// Specification: Apache Thrift's "Thrift Compact protocol encoding".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::parquet {

// Fields of a struct are written in ascending order of their numbers.
class Thrift {
public:
    enum Type : uint8_t { kTrue = 1, kFalse = 2, kByte = 3, kI32 = 5, kI64 = 6, kBinary = 8, kList = 9, kStruct = 12 };

    Thrift() : last_{0} {}

    void Bool(int field, bool value) { Header(field, value ? kTrue : kFalse); }
    void Byte(int field, int8_t value) {
        Header(field, kByte);
        out_.push_back(static_cast<char>(value));
    }
    void I32(int field, int32_t value) {
        Header(field, kI32);
        Zigzag(value);
    }
    void I64(int field, int64_t value) {
        Header(field, kI64);
        Zigzag(value);
    }
    void Binary(int field, std::string_view value) {
        Header(field, kBinary);
        Text(value);
    }
    // Then `size` elements: BeginElement … End for structs, Text for binaries, Zigzag for integers.
    void List(int field, Type of, size_t size) {
        Header(field, kList);
        if (size < 15) {
            out_.push_back(static_cast<char>(size << 4 | of));
        } else {
            out_.push_back(static_cast<char>(0xf0 | of));
            Varint(size);
        }
    }
    void Begin(int field) {
        Header(field, kStruct);
        BeginElement();
    }
    void BeginElement() { last_.push_back(0); }
    void End() {
        last_.pop_back();
        Stop();
    }
    void Empty(int field) {
        Begin(field);
        End();
    }
    // The end of the outermost struct.
    void Stop() { out_.push_back(0); }

    void Text(std::string_view value) {
        Varint(value.size());
        out_ += value;
    }
    void Zigzag(int64_t value) { Varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63)); }

    // A whole struct, as bytes() gave it.
    void Raw(std::string_view element) { out_ += element; }

    const std::string &bytes() const { return out_; }

private:
    void Header(int field, Type type) {
        int delta = field - last_.back();
        if (delta > 0 && delta < 16) {
            out_.push_back(static_cast<char>(delta << 4 | type));
        } else {
            out_.push_back(static_cast<char>(type));
            Zigzag(field);
        }
        last_.back() = field;
    }
    void Varint(uint64_t value) {
        while (value >= 0x80) {
            out_.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        out_.push_back(static_cast<char>(value));
    }

    std::string out_;
    std::vector<int> last_;  // The number of the field before, of each struct that is open.
};

}  // namespace tarn::parquet
