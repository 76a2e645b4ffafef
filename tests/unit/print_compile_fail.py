#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Statements that must not compile, and what the compiler must say; and some that must.

    tests/unit/print_compile_fail.py COMPILER... INCLUDE_DIR

Exit status 1, and what went wrong, if one is accepted or refused with other words. Statements that are refused with the
same words are compiled together: each has a line of its own, of which the compiler must complain.
"""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

BEFORE = """
#include <mstart/print.h>
using namespace mstart;
struct Plain {};
enum Old { kOld };
enum class New { kNew };
template <class... A> void log(FormatString<A...> f, const A&... a) { eprint(f, a...); }
Result<int> result();
Result<void> done();
void test(int n, const char* s, double d, int* p, const volatile void* v, char32_t c, long double l) {
"""

CLOSED = "a_field_is_not_closed_or_not_understood"
FORMAT = "the_type_of_the_argument_has_no_such_format"
NUMBER = "a_number_is_missing_or_too_large"
VALUE = "no `void format_value"

REFUSED = {
    "fewer_arguments_than_fields": [
        'print("{}")',
        'print("{} {}", n)',
        'log("{} {}", n)',
    ],
    "more_arguments_than_fields": [
        'print("", n)',
        'print("{} {{}}", n, s)',
    ],
    FORMAT: [
        'format_to(std::span<char>(), "{:s}", n)',
        'print("{:{}}", n, n)',
        'print("{:{<5}", n)',
        'print("{:08+}", n)',
        'print("{:y}", n)',
        'print("{:f}", n)',
        'print("{:.2}", n)',
        'print("{:#}", n)',
        'print("{:x}", d)',
        'print("{:x}", s)',
        'print("{:+}", s)',
        'print("{:-}", s)',
        'print("{:08}", s)',
        'print("{:+}", true)',
        "print(\"{:08}\", 'c')",
        'print("{:x}", nullptr)',
        'print("{:x}", Errno{})',
        'print("{:.3}", std::chrono::seconds(1))',
    ],
    "a_closing_brace_is_not_doubled": [
        'print("}", n)',
        'print("{}}", n)',
    ],
    CLOSED: [
        'print("{", n)',
        'print("{:", n)',
        'print("{:5", n)',
        'print("{0}", n)',
        'print("{n}", n)',
        'print("{:é<5}", n)',
        'print("{:xx}", n)',
        'print("{:#.3f}", d)',
    ],
    NUMBER: [
        'print("{:.}", d)',
        'print("{:.f}", d)',
        'print("{:99999}", n)',
    ],
    "constant expression": [
        'print(s, n)',
    ],
    "of pointers only void* and char*": [
        'print("{}", p)',
        'print("{}", v)',
        'print("{}", &test)',
    ],
    VALUE: [
        'print("{}", Plain{})',
        'print("{}", kOld)',
        'print("{}", New::kNew)',
        'print("{}", c)',
        "print(\"{}\", L'c')",
        'print("{}", u8"text")',
        'print("{}", l)',
        'print("{}", static_cast<__int128>(n))',
        'print("{}", std::chrono::duration<double>(1))',
        'print("{}", result())',
    ],
    "nodiscard": [
        "result()",
        "done()",
    ],
    "no matching": [
        "Result<int> r",
    ],
    "an Error is never a value": [
        "Result<Error> r = Error{}",
    ],
    "conver": [
        "bool b = result()",
    ],
}

ACCEPTED = [
    'print("{} {:>8} {:.3f} {:p}\\n", n, s, d, static_cast<void*>(p))',
    'log("{}{}", Errno{}, std::chrono::hours(1))',
    'eprint("{{}}")',
    "(void)result(), (void)done()",
]


def main():
    *compiler, include = sys.argv[1:]
    command = [*compiler, "-std=c++20", "-fsyntax-only", "-Werror=unused-result", "-I", include, "-x", "c++", "-"]

    def complaints(statements):
        program = BEFORE + "".join(f"  {statement};\n" for statement in statements) + "}\n"
        return subprocess.run(command, input=program, capture_output=True, text=True).stderr

    wrong = 0
    with ThreadPoolExecutor(2) as pool:
        for words, said in zip(REFUSED, pool.map(complaints, REFUSED.values())):
            lines = enumerate(REFUSED[words], BEFORE.count("\n") + 1)
            accepted = [statement for line, statement in lines if not re.search(rf"<stdin>:{line}:\d+:", said)]
            wrong += len(accepted) + (words not in said)
            print("".join(f"accepted: {statement}\n" for statement in accepted), end="")
            if words not in said:
                print(f"did not say {words!r}:\n{said}")
    said = complaints(ACCEPTED)
    wrong += "error" in said
    print(said, end="")
    print(f"{sum(map(len, REFUSED.values()))} bad and {len(ACCEPTED)} good statements, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
