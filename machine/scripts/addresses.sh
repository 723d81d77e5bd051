#!/bin/sh
# addresses: all of the machine, with spaces between
hostname -I
