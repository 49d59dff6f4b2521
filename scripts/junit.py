"""Sums a JUnit report of nextest: how many passed and failed, and where the stories ran."""

import sys
import xml.etree.ElementTree as tree

PLACES = {"::sqlite::": "SQLite", "::postgres::": "PostgreSQL", "::mysql::": "MySQL/MariaDB"}


def place(case):
    if "browser" in case.get("classname", ""):
        return "Chromium"
    name = "::" + case.get("name", "")
    return next((words for mark, words in PLACES.items() if mark in name), "no database of their own")


def main(path):
    cases = tree.parse(path).getroot().findall(".//testcase")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    places = {}
    for case in cases:
        places[place(case)] = places.get(place(case), 0) + 1
    print("passed", len(cases) - len(bad))
    print("failed", len(bad))
    print("tests:     " + ", ".join(f"{count} on {words}" for words, count in sorted(places.items(), key=lambda row: row[0])))
    for case in bad:
        print("tests:     failed", case.get("classname"), case.get("name"))


main(sys.argv[1])
