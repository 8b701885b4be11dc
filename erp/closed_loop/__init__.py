"""The closed loop as a story: from a customer's order to the closed month, in a small company made for it.

    stage      the company, its people by role, its goods; and how a person does something: right checked, input validated, verb called
    narrator   tells each step with its documents and vouchers, for people and for machines
    story      the steps from order to payment
    month_end  the steps that close the month
    telling    the whole, in order; at the end the promises are checked

Everybody acts by the role they have: whoever lacks a right is refused here as on the pages.
"""
