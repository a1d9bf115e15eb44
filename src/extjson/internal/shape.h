// extjson/internal/shape.h: the shape of documents as a tree that guesses which field comes next.
//
// Documents of one collection name the same fields in the same order most of the time. Each field
// remembers the one that followed it, and a guess is checked with one or two vector compares of the
// raw text; only a wrong guess costs a search.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/data_type.h"
#include "extjson/internal/text.h"

namespace tarn::extjson {

// More different fields than this are an error: keys are used as data, and memory would grow with it.
inline constexpr size_t kMaxFields = 100'000;

// How a field's name looks in compact text: `"name":`.
class KeyPattern {
public:
    void Set(std::string_view name) {
        pattern_.clear();
        bool plain = true;
        for (char c : name) plain = plain && c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
        // A name that JSON must escape never matches: valid text has no such bytes, nor has the padding behind it.
        if (plain) pattern_.append("\"").append(name).append("\":");
        size_ = pattern_.size();
        size_t last = plain ? (size_ - 1) % 16 + 1 : 16;
        mask_ = (1u << last) - 1;
        tail_ = plain ? size_ - last : 0;
        pattern_.resize(tail_ + 16, '\xff');
    }

    bool Matches(const char *p) const {
#if defined(__SSE2__)
        const char *mine = pattern_.data();
        for (size_t i = 0; i < tail_; i += 16) {
            if (EqualBytes(p + i, mine + i) != 0xffff) return false;
        }
        return (EqualBytes(p + tail_, mine + tail_) & mask_) == mask_;
#else
        return size_ > 0 && std::memcmp(p, pattern_.data(), size_) == 0;
#endif
    }

private:
#if defined(__SSE2__)
    static unsigned EqualBytes(const char *a, const char *b) {
        __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i *>(a));
        __m128i right = _mm_loadu_si128(reinterpret_cast<const __m128i *>(b));
        return unsigned(_mm_movemask_epi8(_mm_cmpeq_epi8(left, right)));
    }
#endif

    std::string pattern_;  // Whole vectors; the last is looked at through mask_.
    size_t size_ = 0;
    size_t tail_ = 0;  // Where the last vector begins.
    unsigned mask_ = 0xffff;
};

// Base of a tree's nodes; Node derives from it. As a member: name and guesses. As an object: members.
template <class Node>
struct Shape {
    KeyPattern key;
    Node *after = nullptr;  // The member that came after this one last time.
    Node *twin = nullptr;   // The first member whose name is equal but for case; mostly this one.
    uint64_t seen = 0;      // On a twin: the last object that named it.
    std::string name;
    Node *parent = nullptr;

    Node *first = nullptr;  // The member that came first last time.
    std::vector<std::unique_ptr<Node>> members;
    std::unordered_map<std::string_view, Node *> by_name;
    std::unordered_map<std::string, Node *> by_folded;  // By lower-case name: the first of its kind.

    Node *Find(std::string_view member) const {
        auto it = by_name.find(member);
        return it == by_name.end() ? nullptr : it->second;
    }

    Node *Add(std::string_view member) {
        Node *node = members.emplace_back(std::make_unique<Node>()).get();
        node->name = member;
        node->key.Set(member);
        node->parent = static_cast<Node *>(this);
        node->twin = by_folded.emplace(ToLower(member), node).first->second;
        by_name.emplace(node->name, node);
        return node;
    }
};

}  // namespace tarn::extjson
