ARG BASE=example.com/team/base
FROM $BASE
